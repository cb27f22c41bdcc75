-- AlterEnum: a migration of its own, since PostgreSQL lets nobody use a new value before the commit that adds it.
ALTER TYPE "activity_entity" ADD VALUE 'occurrence';
