/** Model types and enums for any runtime: only the enum constants exist at run time. */
import type * as Model from './generated/browser.ts';

export {
  ActivityEntity,
  GoalProgressSource,
  GoalState,
  OccurrenceOutcome,
  Role,
  SessionEnd,
  TaskPriority,
  TaskStatus,
  Weekday,
} from './generated/enums.ts';

/** Shows the fields in editors instead of the generic type. */
type Flat<T> = { [K in keyof T]: T[K] };

export type User = Flat<Omit<Model.User, 'passwordHash'>>;
export type Session = Flat<Omit<Model.Session, 'refreshHash'>>;
export type Activity = Flat<Model.Activity>;
export type Goal = Flat<Model.Goal>;
export type Label = Flat<Model.Label>;
export type List = Flat<Model.List>;
export type Occurrence = Flat<Model.Occurrence>;
export type Task = Flat<Model.Task>;
