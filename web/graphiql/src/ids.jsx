import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

import { examples } from './examples.js';
import { admission } from './fetcher.js';
import { fillIn, isUnfilled } from './tabs.js';

let asked;
const known = () => (asked ??= admission.then(examples));

/**
 * Fills the variables of the open tab in where they still say what belongs there, once
 * the server has answered: one that wants a token is not asked before the visitor is.
 */
export function Ids() {
  const { editor, tab } = useGraphiQL(({ variableEditor, activeTabIndex }) => ({ editor: variableEditor, tab: activeTabIndex }));
  useEffect(() => {
    if (!editor || !isUnfilled(editor.getValue())) return undefined;
    let open = true;
    known().then((ids) => {
      const variables = editor.getValue();
      const found = open && isUnfilled(variables) && fillIn(variables, ids);
      if (found) editor.setValue(found);
    });
    return () => {
      open = false;
    };
  }, [editor, tab]);
  return null;
}
