import { authed } from '../../procedures/access.ts';
import { getAgenda } from './agenda/get-agenda.ts';
import { agenda, agendaInput } from './agenda/schemas.ts';
import { completeTask } from './complete-task.ts';
import { createTask } from './create-task.ts';
import { deleteTask } from './delete-task.ts';
import { findUnblockedTasks } from './find-unblocked-tasks.ts';
import { getTask } from './get-task.ts';
import { getTaskTree } from './get-task-tree.ts';
import { listTaskHistory } from './history/list-task-history.ts';
import { taskHistoryInput, taskHistoryPage } from './history/schemas.ts';
import { listTasks } from './list-tasks.ts';
import { moveTask } from './move-task.ts';
import { getHabit } from './recurrence/get-habit.ts';
import { listOccurrences } from './recurrence/list-occurrences.ts';
import { previewNextDates, previewRecurrence } from './recurrence/preview-dates.ts';
import * as r from './recurrence/schemas.ts';
import { skipTask } from './recurrence/skip-task.ts';
import { reopenTask } from './reopen-task.ts';
import { reorderTask } from './reorder-task.ts';
import { restoreTask } from './restore-task.ts';
import * as s from './schemas.ts';
import { updateTask } from './update-task.ts';

const read = { scope: 'tasks:read', followsChanges: true } as const;
const write = { scope: 'tasks:write' } as const;

export const tasksRouter = {
  create: authed({ summary: 'Create a task', ...write, rest: { method: 'POST', path: '/tasks', status: 201 } })
    .input(s.createTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => createTask(ctx, input)),

  get: authed({ summary: 'Get a task', ...read, rest: { method: 'GET', path: '/tasks/{id}' } })
    .input(s.taskInput)
    .output(s.taskDetails)
    .query(({ ctx, input }) => getTask(ctx, input)),

  tree: authed({
    summary: 'Get a task tree',
    description: 'A task with all its subtasks, at most 500 tasks.',
    ...read,
    rest: { method: 'GET', path: '/tasks/{id}/tree' },
  })
    .input(s.taskInput)
    .output(s.taskTree)
    .query(({ ctx, input }) => getTaskTree(ctx, input)),

  unblocks: authed({
    summary: 'List the tasks that a task unblocks',
    description: 'Open tasks that wait for this one only, at most 100.',
    ...read,
    rest: { method: 'GET', path: '/tasks/{id}/unblocks' },
  })
    .input(s.taskInput)
    .output(s.unblockedTasks)
    .query(({ ctx, input }) => findUnblockedTasks(ctx, input)),

  list: authed({ summary: 'List tasks', ...read, rest: { method: 'GET', path: '/tasks' } })
    .input(s.listTasksInput.prefault({}))
    .output(s.taskPage)
    .query(({ ctx, input }) => listTasks(ctx, input)),

  agenda: authed({
    summary: 'Get the agenda',
    description:
      'The open tasks of up to 31 days in the time zone of the user: what is due, what becomes available, and what is ' +
      'carried over from earlier days. At most 200 tasks.',
    // No `followsChanges`: it changes with the time of day, too.
    scope: 'tasks:read',
    rest: { method: 'GET', path: '/agenda' },
  })
    .input(agendaInput.prefault({}))
    .output(agenda)
    .query(({ ctx, input }) => getAgenda(ctx, input)),

  skip: authed({
    summary: 'Skip a date of a recurring task',
    description:
      'Records that the planned date was skipped, and moves the task to its next date. One undo takes back both.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/skip' },
  })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => skipTask(ctx, input)),

  previewRecurrence: authed({
    summary: 'Preview a recurrence',
    description:
      'The next dates after a due date, with the reason for each, and the rule in words. Nothing is written.',
    scope: 'tasks:read',
    rest: { method: 'POST', path: '/recurrences/preview' },
  })
    .input(r.previewInput)
    .output(r.preview)
    .query(({ ctx, input }) => previewRecurrence(ctx, input)),

  nextDates: authed({
    summary: 'List the next dates of a recurring task',
    description:
      'The dates after the one that is planned now, with the reason for each, and the rule in words. With the anchor ' +
      '`completion`: as if each was completed on its day.',
    // No `followsChanges`: what is next depends on the time of day, too.
    scope: 'tasks:read',
    rest: { method: 'GET', path: '/tasks/{id}/next-dates' },
  })
    .input(r.nextDatesInput)
    .output(r.preview)
    .query(({ ctx, input }) => previewNextDates(ctx, input)),

  habit: authed({
    summary: 'Get the habit view of a recurring task',
    description: 'Streaks with rest days, the rate of each week, skips, and a count for each of at most 366 days.',
    scope: 'tasks:read',
    rest: { method: 'GET', path: '/tasks/{id}/habit' },
  })
    .input(r.habitInput)
    .output(r.habit)
    .query(({ ctx, input }) => getHabit(ctx, input)),

  occurrences: authed({
    summary: 'List occurrences of a recurring task',
    description: 'The dates that were completed or skipped, the latest first.',
    ...read,
    rest: { method: 'GET', path: '/tasks/{id}/occurrences' },
  })
    .input(r.listOccurrencesInput)
    .output(r.occurrencePage)
    .query(({ ctx, input }) => listOccurrences(ctx, input)),

  update: authed({ summary: 'Update a task', ...write, rest: { method: 'PATCH', path: '/tasks/{id}' } })
    .input(s.updateTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => updateTask(ctx, input)),

  reorder: authed({
    summary: 'Reorder a task',
    description: 'Changes its place among the tasks of the same list and parent.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/reorder' },
  })
    .input(s.reorderTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => reorderTask(ctx, input)),

  move: authed({
    summary: 'Move a task',
    description: 'Moves a task with its subtasks to another parent, list or place. Tasks can be nested 5 levels deep.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/move' },
  })
    .input(s.moveTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => moveTask(ctx, input)),

  complete: authed({
    summary: 'Complete a task',
    description:
      'Sets the status to `done`, also of its open subtasks if asked to. A completed task stays unchanged. A recurring task ' +
      'moves to its next date instead: the completed date becomes an occurrence, and one undo of the group takes back both.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/complete' },
  })
    .input(s.completeTaskInput)
    .output(s.task)
    .mutation(({ ctx, input }) => completeTask(ctx, input)),

  reopen: authed({
    summary: 'Reopen a task',
    description: 'Sets a done or cancelled task to `todo`. An open task stays unchanged.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/reopen' },
  })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => reopenTask(ctx, input)),

  delete: authed({
    summary: 'Delete a task',
    description: 'A soft delete of the task and its subtasks, at most 2,000: all can be restored.',
    ...write,
    rest: { method: 'DELETE', path: '/tasks/{id}' },
  })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => deleteTask(ctx, input)),

  restore: authed({
    summary: 'Restore a task',
    description: 'Restores a deleted task, and the subtasks that were deleted with it.',
    ...write,
    rest: { method: 'POST', path: '/tasks/{id}/restore' },
  })
    .input(s.taskChangeInput)
    .output(s.task)
    .mutation(({ ctx, input }) => restoreTask(ctx, input)),

  history: authed({
    summary: "List a task's history",
    description: 'Who changed what, and when, newest first. Also of a deleted task.',
    ...read,
    rest: { method: 'GET', path: '/tasks/{id}/history' },
  })
    .input(taskHistoryInput)
    .output(taskHistoryPage)
    .query(({ ctx, input }) => listTaskHistory(ctx, input)),
};
