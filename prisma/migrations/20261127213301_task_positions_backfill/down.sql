-- The positions go with their column.
SELECT 1;
