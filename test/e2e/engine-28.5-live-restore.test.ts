import { playLiveRestore } from './live-restore.ts';

playLiveRestore('28.5');
