import { playLifeCycle } from './life-cycle.ts';

playLifeCycle('20.10');
