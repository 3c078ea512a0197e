import { playCloud } from './cloud.ts';

playCloud('20.10');
