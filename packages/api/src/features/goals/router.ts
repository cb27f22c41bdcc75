import { authed } from '../../procedures/access.ts';
import { createGoal } from './create-goal.ts';
import { deleteGoal } from './delete-goal.ts';
import { getGoal } from './get-goal.ts';
import { listGoals } from './list-goals.ts';
import { restoreGoal } from './restore-goal.ts';
import * as s from './schemas.ts';
import { updateGoal } from './update-goal.ts';

const read = { scope: 'goals:read', followsChanges: true } as const;
const write = { scope: 'goals:write' } as const;

export const goalsRouter = {
  create: authed({ summary: 'Create a goal', ...write, rest: { method: 'POST', path: '/goals', status: 201 } })
    .input(s.createGoalInput)
    .output(s.goal)
    .mutation(({ ctx, input }) => createGoal(ctx, input)),

  get: authed({ summary: 'Get a goal', ...read, rest: { method: 'GET', path: '/goals/{id}' } })
    .input(s.goalInput)
    .output(s.goal)
    .query(({ ctx, input }) => getGoal(ctx, input)),

  list: authed({ summary: 'List goals', ...read, rest: { method: 'GET', path: '/goals' } })
    .input(s.listGoalsInput.prefault({}))
    .output(s.goalPage)
    .query(({ ctx, input }) => listGoals(ctx, input)),

  update: authed({ summary: 'Update a goal', ...write, rest: { method: 'PATCH', path: '/goals/{id}' } })
    .input(s.updateGoalInput)
    .output(s.goal)
    .mutation(({ ctx, input }) => updateGoal(ctx, input)),

  delete: authed({
    summary: 'Delete a goal',
    description: 'A soft delete: the goal can be restored. Its tasks are kept.',
    ...write,
    rest: { method: 'DELETE', path: '/goals/{id}' },
  })
    .input(s.goalChangeInput)
    .output(s.goal)
    .mutation(({ ctx, input }) => deleteGoal(ctx, input)),

  restore: authed({
    summary: 'Restore a goal',
    ...write,
    rest: { method: 'POST', path: '/goals/{id}/restore' },
  })
    .input(s.goalChangeInput)
    .output(s.goal)
    .mutation(({ ctx, input }) => restoreGoal(ctx, input)),
};
