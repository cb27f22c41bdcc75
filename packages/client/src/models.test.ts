import type * as Prisma from '@alice/db/models';
import { expect, expectTypeOf, test } from 'vitest';
import {
  type Goal,
  GoalProgressSource,
  GoalState,
  type Label,
  type List,
  type ListedTask,
  Role,
  type RouterInputs,
  type RouterOutputs,
  type Task,
  type TaskDetails,
  TaskPriority,
  TaskStatus,
  type User,
} from './index.ts';

/** The fields that both have, but for those in which the wire deliberately differs from the row. */
type Shared<Model, Row, Different extends PropertyKey = never> = Exclude<keyof Model & keyof Row, Different>;

test('a model type equals its row type, field by field, where both have the field', () => {
  // A task without a list is in the Inbox: on the wire it has the id of that list. Calendar dates are strings on the wire,
  // and the row's `recurrence` is any JSON.
  type TaskField = Shared<Task, Prisma.Task, 'listId' | 'deadline' | 'deferUntil' | 'recurrence'>;
  expectTypeOf<Pick<Task, TaskField>>().toEqualTypeOf<Pick<Prisma.Task, TaskField>>();
  // `dueDate` is a calendar date: a `Date` for Prisma, a string on the wire.
  type GoalField = Shared<Goal, Prisma.Goal, 'dueDate'>;
  expectTypeOf<Pick<Goal, GoalField>>().toEqualTypeOf<Pick<Prisma.Goal, GoalField>>();
  type ListField = Shared<List, Prisma.List>;
  expectTypeOf<Pick<List, ListField>>().toEqualTypeOf<Pick<Prisma.List, ListField>>();
  type LabelField = Shared<Label, Prisma.Label>;
  expectTypeOf<Pick<Label, LabelField>>().toEqualTypeOf<Pick<Prisma.Label, LabelField>>();
  type UserField = Shared<User, Prisma.User>;
  expectTypeOf<Pick<User, UserField>>().toEqualTypeOf<Pick<Prisma.User, UserField>>();
});

test('exactly the expected fields are Dates', () => {
  type Instants<Model> = { [Key in keyof Model]: Date extends Model[Key] ? Key : never }[keyof Model];
  expectTypeOf<Instants<Task>>().toEqualTypeOf<'createdAt' | 'updatedAt' | 'startedAt' | 'completedAt' | 'deletedAt'>();
  expectTypeOf<Instants<Goal>>().toEqualTypeOf<'createdAt' | 'updatedAt' | 'deletedAt'>();
  expectTypeOf<Instants<User>>().toEqualTypeOf<'createdAt' | 'updatedAt' | 'emailVerifiedAt' | 'deletionDueAt'>();
  expectTypeOf<keyof Task & keyof Prisma.Task>().toEqualTypeOf<Exclude<keyof Task, 'due' | 'planned' | 'labels'>>();
  expectTypeOf<keyof User & keyof Prisma.User>().toEqualTypeOf<keyof User>();
});

test('enums are types and values', () => {
  expectTypeOf<Task['status']>().toEqualTypeOf<TaskStatus>();
  expectTypeOf<Task['priority']>().toEqualTypeOf<TaskPriority>();
  expectTypeOf<Goal['state']>().toEqualTypeOf<GoalState>();
  expectTypeOf<Goal['progress']['source']>().toEqualTypeOf<GoalProgressSource>();
  expectTypeOf<User['role']>().toEqualTypeOf<Role>();
  expect(Object.keys({ ...TaskStatus, ...TaskPriority, ...GoalState, ...GoalProgressSource, ...Role })).toContain(
    'urgent',
  );
});

test('the types of inputs and outputs of each procedure', () => {
  expectTypeOf<RouterOutputs['tasks']['list']['items'][number]>().toEqualTypeOf<ListedTask>();
  expectTypeOf<RouterOutputs['tasks']['get']>().toEqualTypeOf<TaskDetails>();
  expectTypeOf<RouterOutputs['tasks']['update']>().toEqualTypeOf<Task>();
  expectTypeOf<RouterInputs['tasks']['create']>().toExtend<{ title: string }>();
});
