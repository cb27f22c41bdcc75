-- Nothing to undo: the earlier code reads every canonical name, and the names before are not kept.
SELECT 1;
