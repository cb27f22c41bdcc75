import type { Entity } from './entity.ts';

declare const isDeclared: unique symbol;

/** Where an update has the condition: see `UpdateOptions` and `SetWhere`. */
type Place = 'onlyIf' | 'where';

/** Constant SQL that becomes part of updates of an entity. Written with `condition` only. */
export interface Condition<In extends Place = Place> {
  readonly place: In;
  readonly entity: Entity;
  readonly text: string;
  readonly [isDeclared]: true;
}

const declared: Condition[] = [];

/** Declares a condition, once, when its module is loaded: a test prepares the updates of every declared condition. */
export function condition<const In extends Place>(place: In, entity: Entity, text: string): Condition<In> {
  // The only place that makes one.
  const made = { place, entity, text } as Condition<In>;
  declared.push(made);
  return made;
}

/** Every condition of the modules that are loaded, for the test that prepares them. */
export function declaredConditions(): readonly Condition[] {
  return declared;
}
