//! Reads from the deployment template what also counts on one machine, so that it is written down only once.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
    StreamSpecification, TimeToLiveSpecification, TimeToLiveStatus,
};
use saphyr::{LoadableYamlNode, ScanError, Yaml};

const TEMPLATE: &str = include_str!("../../template.yaml");
/// The logical id of the table in the template.
const TABLE: &str = "Table";

/// Why something could not be read from the template, or the table not be created.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The template is not YAML.
    #[error("the template is no YAML: {0}")]
    Yaml(#[from] ScanError),
    /// The template lacks this member.
    #[error("the template has no {0} where it must have one")]
    Missing(&'static str),
    /// The template's table lacks something that every table must have.
    #[error("the template's table is not complete: {0}")]
    Incomplete(#[from] BuildError),
    /// DynamoDB refused to create the table, with this reason.
    #[error("DynamoDB refused the table: {0}")]
    Refused(String),
}

/// Returns the environment variables, as names and values, that the template sets for the data function's
/// allocator.
pub fn allocator() -> Result<Vec<(String, String)>, TemplateError> {
    let documents = Yaml::load_from_str(TEMPLATE)?;
    let root = documents.first().ok_or(TemplateError::Missing("document"))?;
    let function = get(get(get(root, "Resources")?, "DataFunction")?, "Properties")?;
    let variables = get(get(function, "Environment")?, "Variables")?;
    let variables = variables.as_mapping().ok_or(TemplateError::Missing("Variables"))?;
    let plain = variables.iter().filter_map(|(name, value)| Some((name.as_str()?, value.as_str()?)));
    let own = plain.filter(|(name, _)| name.starts_with("MALLOC_"));
    Ok(own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Those properties of the template's table that matter wherever it is created. Encryption at rest, recovery
/// and protection against deletion only matter on AWS.
#[derive(Debug)]
struct Table {
    attributes: Vec<AttributeDefinition>,
    key: Vec<KeySchemaElement>,
    indexes: Vec<GlobalSecondaryIndex>,
    stream: StreamSpecification,
    time_to_live: TimeToLiveSpecification,
}

/// Creates the template's table with this name and switches on its TTL. What is there already is not changed.
pub async fn create_table(client: &Client, name: &str) -> Result<(), TemplateError> {
    let table = Table::parse(TEMPLATE)?;
    let created = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(table.attributes))
        .set_key_schema(Some(table.key))
        .set_global_secondary_indexes(Some(table.indexes))
        .stream_specification(table.stream)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {}
        Err(error) => return Err(refused(error)),
    }
    // The TTL is checked even if the table was there, because an earlier start may have been cut short
    // between the two.
    let described = client.describe_time_to_live().table_name(name).send().await.map_err(refused)?;
    let status =
        described.time_to_live_description().and_then(|description| description.time_to_live_status());
    if !matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        let update = client.update_time_to_live().table_name(name);
        update.time_to_live_specification(table.time_to_live).send().await.map_err(refused)?;
    }
    Ok(())
}

fn refused(error: impl std::error::Error) -> TemplateError {
    TemplateError::Refused(DisplayErrorContext(error).to_string())
}

impl Table {
    fn parse(template: &str) -> Result<Table, TemplateError> {
        let documents = Yaml::load_from_str(template)?;
        let root = documents.first().ok_or(TemplateError::Missing("document"))?;
        let table = get(get(get(root, "Resources")?, TABLE)?, "Properties")?;
        let stream = text(get(table, "StreamSpecification")?, "StreamViewType")?;
        let expiry = text(get(table, "TimeToLiveSpecification")?, "AttributeName")?;
        Ok(Table {
            attributes: each(table, "AttributeDefinitions", attribute)?,
            key: each(table, "KeySchema", key_element)?,
            indexes: each(table, "GlobalSecondaryIndexes", index)?,
            stream: StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(stream.into())
                .build()?,
            time_to_live: TimeToLiveSpecification::builder().enabled(true).attribute_name(expiry).build()?,
        })
    }
}

fn attribute(node: &Yaml<'_>) -> Result<AttributeDefinition, TemplateError> {
    let built = AttributeDefinition::builder().attribute_name(text(node, "AttributeName")?);
    Ok(built.attribute_type(text(node, "AttributeType")?.into()).build()?)
}

fn key_element(node: &Yaml<'_>) -> Result<KeySchemaElement, TemplateError> {
    let built = KeySchemaElement::builder().attribute_name(text(node, "AttributeName")?);
    Ok(built.key_type(text(node, "KeyType")?.into()).build()?)
}

fn index(node: &Yaml<'_>) -> Result<GlobalSecondaryIndex, TemplateError> {
    let projection = get(node, "Projection")?;
    let carried = projection.as_mapping_get("NonKeyAttributes").and_then(Yaml::as_vec);
    let carried = carried.map(|names| names.iter().filter_map(Yaml::as_str).map(str::to_owned).collect());
    let projection = Projection::builder()
        .projection_type(text(projection, "ProjectionType")?.into())
        .set_non_key_attributes(carried)
        .build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(text(node, "IndexName")?)
        .set_key_schema(Some(each(node, "KeySchema", key_element)?))
        .projection(projection);
    Ok(index.build()?)
}

fn get<'a, 'i>(node: &'a Yaml<'i>, name: &'static str) -> Result<&'a Yaml<'i>, TemplateError> {
    node.as_mapping_get(name).ok_or(TemplateError::Missing(name))
}

fn text<'a>(node: &'a Yaml<'_>, name: &'static str) -> Result<&'a str, TemplateError> {
    get(node, name)?.as_str().ok_or(TemplateError::Missing(name))
}

fn each<'a, 'i, T>(
    node: &'a Yaml<'i>,
    name: &'static str,
    parse: impl Fn(&'a Yaml<'i>) -> Result<T, TemplateError>,
) -> Result<Vec<T>, TemplateError> {
    get(node, name)?.as_vec().ok_or(TemplateError::Missing(name))?.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_describes_a_table_with_keys_a_stream_and_an_expiry() {
        let table = Table::parse(TEMPLATE).unwrap();
        let names: Vec<_> = table.key.iter().map(|element| element.attribute_name()).collect();
        assert_eq!(names, ["pk", "sk"]);
        assert_eq!(table.indexes[0].index_name(), "listing");
        assert_eq!(table.stream.stream_view_type().unwrap().as_str(), "NEW_AND_OLD_IMAGES");
        assert_eq!(table.time_to_live.attribute_name(), "expires_at");
    }

    #[test]
    fn the_template_tells_the_allocator_to_keep_what_it_has() {
        let names: Vec<String> = allocator().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"]);
    }

    #[test]
    fn what_a_table_lacks_is_named() {
        let tagged = "Resources: {Table: {Properties: {TableName: !Sub 'x-${AWS::Region}', Size: !If [A, !Ref B, 1]}}}";
        let error = Table::parse(tagged).unwrap_err();
        assert_eq!(error.to_string(), "the template has no StreamSpecification where it must have one");
        assert!(matches!(Table::parse("a: [").unwrap_err(), TemplateError::Yaml(_)));
    }
}
