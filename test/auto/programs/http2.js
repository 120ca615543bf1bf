import { createSecureServer } from 'node:http2';
import process from 'node:process';
import { listen, listener } from './answer.js';

listen(createSecureServer({ cert: process.env.CERT, key: process.env.KEY }, listener));
