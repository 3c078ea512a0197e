import { playEveryday } from './everyday.ts';

playEveryday('20.10');
