import { playEveryday } from './everyday.ts';

playEveryday('28.5');
