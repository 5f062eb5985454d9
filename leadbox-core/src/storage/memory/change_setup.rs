//! Changes of definitions, users, teams, lanes, checkpoints and replies. Owns their preconditions: all but replies are
//! conditional on a revision.

use super::state::State;
use crate::directory::{Team, User};
use crate::identity::fold;
use crate::job::{Lane, LaneState};
use crate::revision::Revision;
use crate::storage::{Checkpoint, DefinitionDrop, DefinitionUpdate, Reply, StorageError};

type Result = std::result::Result<(), StorageError>;

/// Whether a row at `stored` may be replaced by one at `next`.
pub(super) fn follows(stored: Option<Revision>, next: Revision) -> bool {
    stored.unwrap_or(Revision(0)).next() == next
}

impl State {
    pub(super) fn put_definition(&mut self, update: &DefinitionUpdate) -> Result {
        let definition = &update.definition;
        let key = (update.tenant, definition.kind(), definition.key().to_owned());
        let next = update.before.next();
        if !follows(self.definitions.get(&key).map(|(revision, _)| *revision), next) {
            return Err(StorageError::conflict("definition", definition.key()));
        }
        self.definitions.put(key, (next, definition.clone()));
        Ok(())
    }

    pub(super) fn drop_definition(&mut self, gone: &DefinitionDrop) -> Result {
        let key = (gone.tenant, gone.kind, gone.key.clone());
        match self.definitions.get(&key) {
            Some((revision, _)) if *revision == gone.before => {
                self.definitions.delete(&key);
                Ok(())
            }
            _ => Err(StorageError::conflict("definition", &gone.key)),
        }
    }

    pub(super) fn put_user(&mut self, user: &User) -> Result {
        let key = (user.tenant, user.id);
        if !follows(self.users.get(&key).map(|stored| stored.revision), user.revision) {
            return Err(StorageError::conflict("user", user.id));
        }
        let folded = fold(&user.email);
        let taken = self.users.values().any(|other| {
            other.tenant == user.tenant && other.id != user.id && fold(&other.email) == folded
        });
        if taken {
            return Err(StorageError::already_exists("user by email", folded));
        }
        self.users.put(key, user.clone());
        Ok(())
    }

    pub(super) fn put_team(&mut self, team: &Team) -> Result {
        let key = (team.tenant, team.id);
        if !follows(self.teams.get(&key).map(|stored| stored.revision), team.revision) {
            return Err(StorageError::conflict("team", team.id));
        }
        self.teams.put(key, team.clone());
        Ok(())
    }

    pub(super) fn put_lane(&mut self, lane: &Lane) -> Result {
        let stored = self.lanes.get(&lane.key).map(|(lane, state)| (lane.revision, *state));
        if !follows(stored.map(|(revision, _)| revision), lane.revision) {
            return Err(StorageError::conflict("lane", &lane.key.name));
        }
        let state = stored.map_or_else(LaneState::default, |(_, state)| state);
        self.lanes.put(lane.key.clone(), (lane.clone(), state));
        Ok(())
    }

    pub(super) fn put_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result {
        let key = (checkpoint.tenant, checkpoint.name.clone());
        if !follows(self.checkpoints.get(&key).map(|stored| stored.revision), checkpoint.revision) {
            return Err(StorageError::conflict("checkpoint", &checkpoint.name));
        }
        self.checkpoints.put(key, checkpoint.clone());
        Ok(())
    }

    pub(super) fn remember_reply(&mut self, reply: &Reply) -> Result {
        let key = (reply.tenant, reply.key.clone());
        if self.replies.get(&key).is_some_and(|stored| stored.expires_at > reply.at) {
            return Err(StorageError::already_exists("reply", &reply.key));
        }
        self.replies.put(key, reply.clone());
        Ok(())
    }
}
