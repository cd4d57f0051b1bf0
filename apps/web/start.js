// Loads the page when the browser can run it. This file and support.js do with older JavaScript than the others, so that older
// browsers can say what they lack.

import {browserProblem} from './support.js';

function complain(text) {
  document.getElementById('loading').hidden = true;
  document.getElementById('problem').textContent = text;
  document.getElementById('problem').hidden = false;
}

const problem = browserProblem();
if (problem) complain(problem);
else import('./page.js').catch(error => complain(`The page could not be loaded: ${error.message}`));
