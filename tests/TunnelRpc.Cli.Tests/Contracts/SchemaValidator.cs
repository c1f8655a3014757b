using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Cli.Tests.Contracts;

/// <summary>Validates JSON against the parts of JSON Schema that docs/contract-export.schema.json uses.</summary>
internal sealed class SchemaValidator(JsonNode schema)
{
    private static readonly string[] Known =
    [
        "$schema", "title", "description", "type", "required", "additionalProperties", "properties", "items", "$ref", "$defs", "const",
        "enum", "anyOf",
    ];

    /// <summary>Returns the errors.</summary>
    public IReadOnlyList<string> Validate(JsonNode json) => [.. Validate(json, schema.AsObject(), "$")];

    private IEnumerable<string> Validate(JsonNode? json, JsonObject rule, string path)
    {
        rule.Select(r => r.Key).Except(Known).ShouldBeEmpty("The validator does not know these.");
        if (rule["$ref"] is { } reference)
        {
            string name = reference.GetValue<string>();
            rule = schema["$defs"]![name[(name.LastIndexOf('/') + 1)..]]!.AsObject();
        }

        if (rule["anyOf"] is { } choices)
        {
            return choices.AsArray().Any(c => !Validate(json, c!.AsObject(), path).Any()) ? [] : [$"{path}: no choice matches"];
        }

        string kind = KindOf(json);
        string[] types = rule["type"] is JsonArray several ? [.. several.Select(t => t!.GetValue<string>())]
            : rule["type"] is { } one ? [one.GetValue<string>()] : [];
        if (types.Length > 0 && !types.Contains(kind) && !(kind == "integer" && types.Contains("number")))
        {
            return [$"{path}: expected {string.Join(" or ", types)}, got {kind}"];
        }

        if (rule["const"] is { } expected && !JsonNode.DeepEquals(expected, json))
        {
            return [$"{path}: expected {expected.ToJsonString()}"];
        }

        return rule["enum"] is JsonArray values && !values.Any(v => JsonNode.DeepEquals(v, json))
            ? [$"{path}: expected one of {values.ToJsonString()}"]
            : json switch
            {
                JsonObject value => ValidateObject(value, rule, path),
                JsonArray value when rule["items"] is JsonObject items =>
                    value.SelectMany((item, i) => Validate(item, items, $"{path}[{i}]")),
                _ => [],
            };
    }

    private IEnumerable<string> ValidateObject(JsonObject value, JsonObject rule, string path)
    {
        JsonObject properties = rule["properties"]?.AsObject() ?? [];
        foreach (JsonNode? required in rule["required"]?.AsArray() ?? [])
        {
            if (!value.ContainsKey(required!.GetValue<string>()))
            {
                yield return $"{path}: '{required.GetValue<string>()}' is missing";
            }
        }

        foreach ((string name, JsonNode? member) in value)
        {
            if (properties[name] is JsonObject property)
            {
                foreach (string error in Validate(member, property, $"{path}.{name}"))
                {
                    yield return error;
                }
            }
            else if (rule["additionalProperties"] is { } additional && !additional.GetValue<bool>())
            {
                yield return $"{path}: '{name}' is not in the schema";
            }
        }
    }

    private static string KindOf(JsonNode? json) => json?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => json.ToJsonString().Contains('.') ? "number" : "integer",
    };
}
