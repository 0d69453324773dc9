//! Where the platform's own document has a field: nested objects, whose names are joined with `_` in the dictionary.

use super::Field;

/// The objects of the document: how names begin that lie in one, and the object's path. Inner objects come first.
const OBJECTS: [(&str, &str); 13] = [
    ("agent_session_", "agent.session."),
    ("agent_", "agent."),
    ("attendance_timer_", "attendance_timer."),
    ("campaign_permissions_", "campaign.permissions."),
    ("campaign_timer_wait_", "campaign.timer_wait."),
    ("campaign_timer_", "campaign.timer."),
    ("campaign_", "campaign."),
    ("channel_", "channel."),
    ("contact_platforms", "contact.platforms"),
    ("contact_", "contact."),
    ("flow_sentiment_", "flow.sentiment."),
    ("flow_stt_", "flow.stt."),
    ("flow_", "flow."),
];

impl Field {
    /// The field's path in the platform's nested document, for example `agent.session.origin_web` or `talks.message`. A
    /// text whose object may stand for it is that object's name.
    pub fn path(&self) -> String {
        let inside = OBJECTS.iter().find_map(|(name, path)| Some((*path, self.name.strip_prefix(name)?)));
        match inside {
            Some((object, "id")) => format!("{object}_id"),
            Some((object, rest)) => format!("{object}{rest}"),
            None if self.may_be_object => format!("{}.name", self.name),
            None => self.name.to_owned(),
        }
    }
}
