import { playCloud } from './cloud.ts';

playCloud('28.5');
