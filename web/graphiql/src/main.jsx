import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './page.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { fetcher } from './fetcher.js';
import { Ids } from './ids.jsx';
import { storage } from './storage.js';
import { openTabs } from './tabs.js';

const plugins = [HISTORY_PLUGIN, explorerPlugin()];
const root = createRoot(document.getElementById('graphiql'));

const page = ({ defaultTabs, start }) => (
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    storage={storage}
    defaultTabs={defaultTabs}
    initialQuery={start.query ?? ''}
    initialVariables={start.variables ?? ''}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>Authtrail</GraphiQL.Logo>
    <Ids />
  </GraphiQL>
);

openTabs().then((tabs) => root.render(page(tabs)));
