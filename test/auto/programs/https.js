import { createServer } from 'node:https';
import process from 'node:process';
import { listen, listener } from './answer.js';

listen(createServer({ cert: process.env.CERT, key: process.env.KEY }, listener));
