import { authed } from '../../procedures/access.ts';
import { completeTask } from './complete-task.ts';
import { createTask } from './create-task.ts';
import { deleteTask } from './delete-task.ts';
import { getTask } from './get-task.ts';
import { listTasks } from './list-tasks.ts';
import { reopenTask } from './reopen-task.ts';
import { restoreTask } from './restore-task.ts';
import * as s from './schemas.ts';
import { updateTask } from './update-task.ts';

const read = { scope: 'tasks:read', followsChanges: true } as const;
const write = { scope: 'tasks:write' } as const;

export const tasksRouter = {
  create: authed({ method: 'POST', path: '/tasks', status: 201, summary: 'Create a task', ...write })
    .input(s.createTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => createTask(ctx, input)),

  get: authed({ method: 'GET', path: '/tasks/{id}', summary: 'Get a task', ...read })
    .input(s.taskInput)
    .output(s.task)
    .query(({ ctx, input }) => getTask(ctx, input)),

  list: authed({ method: 'GET', path: '/tasks', summary: 'List tasks', ...read })
    .input(s.listTasksInput.prefault({}))
    .output(s.taskPage)
    .query(({ ctx, input }) => listTasks(ctx, input)),

  update: authed({ method: 'PATCH', path: '/tasks/{id}', summary: 'Change a task', ...write })
    .input(s.updateTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => updateTask(ctx, input)),

  complete: authed({ method: 'POST', path: '/tasks/{id}/complete', summary: 'Complete a task', ...write })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => completeTask(ctx, input)),

  reopen: authed({ method: 'POST', path: '/tasks/{id}/reopen', summary: 'Reopen a task', ...write })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => reopenTask(ctx, input)),

  delete: authed({ method: 'DELETE', path: '/tasks/{id}', summary: 'Delete a task; it can be restored', ...write })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => deleteTask(ctx, input)),

  restore: authed({ method: 'POST', path: '/tasks/{id}/restore', summary: 'Restore a deleted task', ...write })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => restoreTask(ctx, input)),
};
