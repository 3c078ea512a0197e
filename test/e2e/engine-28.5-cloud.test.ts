import { playClouds } from './cloud.ts';

playClouds('28.5');
