mod on_postgres;
mod settings;
mod world;
