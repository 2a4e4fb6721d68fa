/** Printed after `npm test`. */
console.log('Not run: the real tier (a real LiteLLM, real agents; several minutes). Run it with: npm run test:real');
