/** The gallery: the page in a fixed state, named in the address bar (`?state=…`), without a peer. */
import '../components/app.ts';
import { makeStore } from '../store/live.ts';
import { states } from './states.ts';

const query = new URLSearchParams(location.search);
const name = query.get('state') ?? '';
const make = states[name];
document.documentElement.dir = query.get('dir') === 'rtl' ? 'rtl' : 'ltr';

if (make === undefined) {
  const list = document.createElement('main');
  for (const key of Object.keys(states)) {
    const link = document.createElement('a');
    link.href = `?state=${key}`;
    link.textContent = key;
    const line = document.createElement('p');
    line.append(link);
    list.append(line);
  }
  document.body.append(list);
} else {
  const store = makeStore(make());
  const app = document.createElement('lowkey-app');
  app.store = store;
  // Enough of a session to open and close things by hand.
  app.addEventListener('action', ({ detail }) => {
    if (detail.type === 'openDialog') store.dispatch({ type: 'dialogOpened', dialog: detail.dialog });
    if (detail.type === 'closeDialog') store.dispatch({ type: 'dialogClosed' });
    if (detail.type === 'openChat') store.dispatch({ type: 'view', view: { type: 'chat', contact: detail.contact } });
    if (detail.type === 'openRequests') store.dispatch({ type: 'view', view: { type: 'requests' } });
    if (detail.type === 'back') store.dispatch({ type: 'view', view: { type: 'list' } });
    if (detail.type === 'draft') store.dispatch({ type: 'drafted', contact: detail.contact, text: detail.text });
    if (detail.type === 'search') store.dispatch({ type: 'searched', text: detail.text });
    if (detail.type === 'openMessage') {
      const { contact, id } = detail.message;
      store.dispatch({ type: 'view', view: { type: 'chat', contact } });
      store.dispatch({ type: 'target', contact, message: id });
    }
    if (detail.type === 'putOff') store.dispatch({ type: 'keeping', change: { isPutOff: true } });
    if (detail.type === 'announce') store.dispatch({ type: 'announced', text: detail.text });
  });
  document.body.append(app);
}

