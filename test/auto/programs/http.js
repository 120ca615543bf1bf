import { createServer } from 'node:http';
import { listen, listener } from './answer.js';

listen(createServer(listener));
