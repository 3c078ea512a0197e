import { playClouds } from './cloud.ts';

playClouds('20.10');
