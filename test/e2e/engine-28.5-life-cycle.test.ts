import { playLifeCycle } from './life-cycle.ts';

playLifeCycle('28.5');
