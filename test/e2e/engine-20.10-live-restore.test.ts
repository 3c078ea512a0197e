import { playLiveRestore } from './live-restore.ts';

playLiveRestore('20.10');
