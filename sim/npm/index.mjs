import api from './index.js';

export const { signTwentyWebhook, startTwentySim } = api;
