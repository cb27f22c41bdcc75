export { type CommandSettings, commandSettings } from '../env.ts';
export { describeLocation } from '../transfer/location.ts';
export { requireProductionFlag } from './command.ts';
