//! `agentcy chat`: a conversation at the terminal, or one answer for a script.

mod ask;
mod line;
mod links;
mod screen;
#[cfg(test)]
mod tests;

use std::pin::pin;

use agentcy_sdk::{
    ChatEvent, Client, Conversation, Error, Events, LogEntry, NewConversation, NewMessage, RunUsage,
};
use anyhow::{Context, bail};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{ask::Asked, line::Typed, screen::Screen};
use super::agents::named;
use crate::{
    cli::{self, Server},
    exit::EndedEarly,
    input, output,
    profile::Profile,
};

const HELP: &str = "\
/new    begin another conversation
/help   this
/quit   leave; Ctrl-D does too
Ctrl-C stops an answer; twice it leaves, and the answer goes on at the server.";

/// Talks, or asks once.
pub(crate) async fn run(options: cli::Chat, json: bool) -> anyhow::Result<()> {
    let cli::Chat { message, conversation, agent, server: Server { url } } = options;
    let client = Profile::client(url).await?;
    let conversation = match conversation {
        Some(id) => Some(client.conversation(&id).await?),
        None => None,
    };
    let agent_id = match agent {
        Some(agent) => Some(named(&client, &agent).await?.id),
        None => None,
    };
    let mut talk = Talk { agent_id, conversation, ..Talk::new(client, json)? };
    match message {
        Some(message) => talk.once(&message).await,
        None if !output::can_ask() || json => talk.once(&read_input()?).await,
        None => talk.at_length().await,
    }
}

/// Standard input as one message.
pub(crate) fn read_input() -> anyhow::Result<String> {
    let text = input::stdin()?;
    let text = text.trim();
    if text.is_empty() {
        bail!("there is nothing to say: give a message, or write it to standard input");
    }
    Ok(text.to_owned())
}

/// Shows one answer that was begun elsewhere, as `agentcy chat` does with a message.
pub(crate) async fn show(client: Client, events: Events, json: bool) -> anyhow::Result<()> {
    let mut talk = Talk::new(client, json)?;
    let conversation_id = events.conversation_id().to_owned();
    let end = talk.follow(&conversation_id, events).await?;
    talk.report(&conversation_id, end)
}

/// A person or a script, and the conversation that they are in.
struct Talk {
    client: Client,
    agent_id: Option<String>,
    conversation: Option<Conversation>,
    screen: Screen,
    interrupts: Signal,
    json: bool,
}

/// How an answer ended.
enum End {
    /// With a reason, as the API names it.
    Whole { finish_reason: String, usage: RunUsage },
    /// It broke off.
    Broken { code: String, message: String },
    /// Whoever watched has left.
    Left,
}

/// The answer as one document.
#[derive(Serialize)]
struct Answer<'a> {
    conversation_id: &'a str,
    content: &'a str,
    citations: &'a [ChatEvent],
    tool_calls: &'a [screen::Call],
    finish_reason: Option<&'a str>,
    usage: Option<RunUsage>,
    error: Option<Broken<'a>>,
}

#[derive(Serialize)]
struct Broken<'a> {
    code: &'a str,
    message: &'a str,
}

impl Talk {
    fn new(client: Client, json: bool) -> anyhow::Result<Self> {
        let interrupts = signal(SignalKind::interrupt())?;
        let screen = Screen::new(json);
        Ok(Self { client, agent_id: None, conversation: None, screen, interrupts, json })
    }

    /// Says something in the conversation, which is begun with its first message. None when the person has not waited
    /// for the answer to begin.
    async fn begin(&mut self, message: &str) -> Result<Option<(String, Events)>, Error> {
        let Self { client, agent_id, conversation, interrupts, .. } = self;
        let begun = async {
            let id = if let Some(conversation) = conversation {
                conversation.id.clone()
            } else {
                let new = NewConversation { agent_id: agent_id.clone(), ..Default::default() };
                conversation.insert(client.create_conversation(&new).await?).id.clone()
            };
            let events = client.send(&id, &NewMessage::new(message)).await?;
            Ok(Some((id, events)))
        };
        tokio::select! {
            begun = begun => begun,
            _ = interrupts.recv() => Ok(None),
        }
    }

    /// One message and its answer.
    async fn once(&mut self, message: &str) -> anyhow::Result<()> {
        let Some((id, events)) = self.begin(message).await? else {
            return Err(
                EndedEarly("it had not begun, and may go on at the server".to_owned()).into()
            );
        };
        let end = self.follow(&id, events).await?;
        self.report(&id, end)
    }

    /// Says how it ended: in the document, and by how the process ends.
    fn report(&mut self, conversation_id: &str, end: End) -> anyhow::Result<()> {
        let (finish_reason, usage, error) = match &end {
            End::Whole { finish_reason, usage } => {
                (Some(finish_reason.as_str()), Some(*usage), None)
            }
            End::Broken { code, message } => (None, None, Some(Broken { code, message })),
            End::Left => (None, None, None),
        };
        if self.json {
            output::print_json(&Answer {
                conversation_id,
                content: self.screen.text(),
                citations: self.screen.citations(),
                tool_calls: self.screen.calls(),
                finish_reason,
                usage,
                error,
            })?;
        }
        match end {
            End::Whole { finish_reason, .. } if finish_reason == "end_turn" => Ok(()),
            End::Whole { finish_reason, .. } => Err(EndedEarly(finish_reason).into()),
            End::Broken { code, message } => bail!("the answer broke off: {message} ({code})"),
            End::Left => Err(EndedEarly("it goes on at the server".to_owned()).into()),
        }
    }

    /// Message after message, until the person leaves.
    async fn at_length(&mut self) -> anyhow::Result<()> {
        self.screen.dim("Ask, or /help. Ctrl-D leaves.");
        if let Some(conversation) = self.conversation.clone()
            && conversation.active_run_id.is_some()
        {
            self.screen.dim("An answer is being given; it is shown from its beginning.");
            self.attend(&conversation.id).await?;
        }
        let mut interrupted = false;
        loop {
            let said = match line::read("› ", "").await? {
                Typed::Line(line) => line,
                Typed::Interrupt if !interrupted => {
                    interrupted = true;
                    self.screen.dim("Ctrl-C again leaves.");
                    continue;
                }
                Typed::Interrupt | Typed::End => break,
            };
            interrupted = false;
            match said.trim() {
                "" => {}
                "/quit" | "/exit" => break,
                "/help" => self.screen.dim(HELP),
                "/new" => {
                    self.conversation = None;
                    self.screen.dim("A new conversation.");
                }
                command if command.starts_with('/') && !command.contains(' ') => {
                    self.screen.dim(&format!(
                        "There is no {}; /help says what there is.",
                        output::harmless(command)
                    ));
                }
                message => {
                    if !self.turn(message).await? {
                        break;
                    }
                }
            }
        }
        if let Some(conversation) = &self.conversation {
            self.screen
                .dim(&format!("agentcy chat --conversation {} goes on here.", conversation.id));
        }
        Ok(())
    }

    /// One message of many. What cannot be answered is said, and the talk goes on. False when the person has left.
    async fn turn(&mut self, message: &str) -> anyhow::Result<bool> {
        let end = match self.begin(message).await {
            Ok(Some((id, events))) => self.follow(&id, events).await?,
            Ok(None) => {
                self.screen.dim("It had not begun, and may go on at the server.");
                return Ok(true);
            }
            Err(Error::Refused { code, .. }) if code == "run_active" => {
                self.screen.dim("An answer is still being given; it comes first.");
                if let Some(conversation) = self.conversation.clone() {
                    self.attend(&conversation.id).await?;
                }
                self.screen.dim("Say it again.");
                return Ok(true);
            }
            Err(error @ Error::Refused { status: 401 | 404, .. }) => return Err(error.into()),
            Err(error) => {
                self.screen.failed(&error);
                return Ok(true);
            }
        };
        Ok(self.said(&end))
    }

    /// Shows the answer that is being given, from its beginning; one that has not begun, from now on.
    async fn attend(&mut self, conversation_id: &str) -> anyhow::Result<()> {
        // Before the messages: what begins in between comes after it.
        let last = self.client.conversation(conversation_id).await?.last_event_id;
        let page = self.client.messages(conversation_id).limit(20).page(None).await?;
        let streaming = page.items.iter().filter(|it| it.state == "streaming");
        let after = streaming.filter_map(|it| it.event_id).min().map_or(last, |first| first - 1);
        let events = self.client.follow(conversation_id, after).await?;
        if let Some(end) = self.watch(conversation_id, events).await? {
            self.said(&end);
        }
        Ok(())
    }

    /// Says below an answer how it ended. False when the person has left.
    fn said(&mut self, end: &End) -> bool {
        match end {
            End::Whole { finish_reason, usage } => {
                let reason = if finish_reason == "end_turn" {
                    String::new()
                } else {
                    format!("{finish_reason} · ")
                };
                self.screen.dim(&format!("{reason}{}", used(*usage)));
            }
            End::Broken { code, message } => self.screen.bad(&format!("{message} ({code})")),
            End::Left => return false,
        }
        true
    }

    /// Shows an answer to its end, and asks what it asks.
    async fn follow(&mut self, conversation_id: &str, events: Events) -> anyhow::Result<End> {
        let end = self.watch(conversation_id, events).await?;
        end.context("the answer ended without a word")
    }

    /// The same; none where nothing comes any more.
    async fn watch(
        &mut self,
        conversation_id: &str,
        events: Events,
    ) -> anyhow::Result<Option<End>> {
        let mut events = pin!(events);
        let mut is_stopping = false;
        self.screen.begin();
        let mut end = None;
        loop {
            let next = tokio::select! {
                next = events.next() => next,
                _ = self.interrupts.recv() => {
                    if is_stopping {
                        self.screen.end()?;
                        return Ok(Some(End::Left));
                    }
                    is_stopping = true;
                    self.stop(conversation_id).await;
                    continue;
                }
            };
            let Some(LogEntry { event, .. }) = next.transpose()? else { break };
            self.screen.show(&event);
            match event {
                ChatEvent::ApprovalRequired { .. } if !is_stopping => {
                    let asked = ask::decide(&self.client, &self.screen, conversation_id, &event);
                    is_stopping = asked.await? == Asked::Stop;
                    if is_stopping {
                        self.stop(conversation_id).await;
                    }
                }
                ChatEvent::MessageEnd { finish_reason, usage, .. } => {
                    end = Some(End::Whole { finish_reason, usage });
                }
                ChatEvent::Error { code, message, .. } => {
                    end = Some(End::Broken { code, message });
                }
                _ => {}
            }
        }
        self.screen.end()?;
        Ok(end)
    }

    async fn stop(&self, conversation_id: &str) {
        self.screen.dim("Stopping; Ctrl-C again leaves.");
        if let Err(error) = self.client.cancel_answer(conversation_id).await {
            self.screen.failed(&error);
        }
    }
}

fn used(usage: RunUsage) -> String {
    let RunUsage { in_tokens, out_tokens, cost_usd, .. } = usage;
    let cost = if cost_usd > 0.0 { format!(" · ${cost_usd:.4}") } else { String::new() };
    format!("{in_tokens} tokens in · {out_tokens} out{cost}")
}
