using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>Writes contracts as JSON, as docs/contract-export.schema.json describes it. The order of everything is deterministic.</summary>
internal sealed class JsonExport
{
    private const int Format = 1;

    private readonly Utf8JsonWriter _json;
    private readonly LockModel _model;
    private readonly DocumentationIds _documentation;
    private readonly XmlDocumentation _texts;

    private JsonExport(Utf8JsonWriter json, ContractSource source)
    {
        _json = json;
        _model = source.Model;
        _documentation = new DocumentationIds(source);
        _texts = source.Documentation;
    }

    /// <summary>Returns the JSON, with a line feed at the end.</summary>
    /// <param name="source">The contracts.</param>
    /// <exception cref="UsageException">A fact is invalid.</exception>
    public static string Write(ContractSource source)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            try
            {
                new JsonExport(json, source).Write();
            }
            catch (LockFormatException error)
            {
                throw new UsageException($"The contracts cannot be exported: {error.Message}");
            }
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteNumber("format", Format);
        WriteArray("services", _model.Services, WriteService);
        WriteArray("types", _model.Of(LockFact.Type), WriteApplicationType);
        WriteArray("enums", _model.Of(LockFact.Enum), WriteEnum);
        _json.WriteEndObject();
    }

    private void WriteService(LockSubject service)
    {
        _json.WriteString("name", LockText.Decode(service.Head.Subject));
        WriteText("doc", _documentation.OfService(service));
        WriteText("callback", service.Find("callback") is { } callback ? LockText.Decode(callback.Values[0]) : null);
        _json.WriteBoolean("ordered", service.Find("ordered") is not null);
        WriteArray("methods", _model.MethodsOf(service.Head.Subject), WriteMethod);
    }

    private void WriteMethod(LockSubject method)
    {
        string? id = _documentation.FindMethod(method);
        _json.WriteString("name", LockText.Decode(method.Head.Subject.Split('/')[^1]));
        WriteText("doc", id is null ? null : _texts.Find(id));
        _json.WriteNumber("id", ParseId(method.Head.Values[1]));
        _json.WriteString("shape", method.Head.Values[0]);
        _json.WriteBoolean("idempotent", method.Find("idempotent") is not null);
        WriteTimeout(method);
        WriteArray("parameters", method.OrderedByNumber("parameter"), parameter => WriteParameter(parameter, id));
        _json.WritePropertyName("stream");
        WriteObject(method.Find("stream"), stream =>
        {
            string name = LockText.Decode(stream.Values[1]);
            _json.WriteString("name", name);
            WriteText("doc", id is null ? null : _texts.FindParameter(id, name));
            WriteType("type", stream.Values[0]);
        });
        _json.WritePropertyName("result");
        if (method.Find("result") is { } result)
        {
            WriteType(WireType.Parse(result.Values[0]));
        }
        else
        {
            _json.WriteNullValue();
        }

        WriteArray("faults", method.Of("fault"), fault =>
        {
            _json.WriteString("name", LockText.Decode(fault.Key));
            WriteType("type", fault.Values[0]);
        });
    }

    private void WriteTimeout(LockSubject method)
    {
        if (method.Find("timeout") is not { } timeout)
        {
            _json.WriteNull("timeoutMilliseconds");
        }
        else if (TimeSpan.TryParseExact(timeout.Values[0], "c", CultureInfo.InvariantCulture, out TimeSpan time))
        {
            _json.WriteNumber("timeoutMilliseconds", time.TotalMilliseconds);
        }
        else
        {
            throw new LockFormatException($"Expected a time such as 00:00:30, got '{LockText.Show(timeout.Values[0])}'.");
        }
    }

    private void WriteParameter(LockFact parameter, string? method)
    {
        string name = LockText.Decode(parameter.Values[1]);
        _json.WriteString("name", name);
        WriteText("doc", method is null ? null : _texts.FindParameter(method, name));
        WriteType("type", parameter.Values[0]);
        _json.WriteBoolean("optional", parameter.Values.Count > 2);
        if (parameter.Values.Count > 2)
        {
            WriteDefault(LockText.Decode(parameter.Values[2]).TrimStart(MethodComparison.DefaultMark));
        }
    }

    /// <summary>Writes a default value. One that JSON cannot express, such as not-a-number, is omitted.</summary>
    private void WriteDefault(string text)
    {
        try
        {
            using JsonDocument value = JsonDocument.Parse(text);
            _json.WritePropertyName("default");
            value.RootElement.WriteTo(_json);
        }
        catch (JsonException)
        {
            // The receiver of a call supplies the default, so a client omits the argument.
        }
    }

    private void WriteApplicationType(LockSubject type)
    {
        bool isArray = type.Head.Values[0] == "array";
        _json.WriteString("name", LockText.Decode(type.Head.Subject));
        WriteText("doc", _documentation.OfType(type));
        _json.WriteString("encoding", type.Head.Values[0]);
        WriteArray("members", isArray ? type.OrderedByNumber("member") : type.Of("member"), member => WriteMember(type, member, isArray));
        WriteArray("cases", type.OrderedByNumber("case"), unionCase =>
        {
            _json.WriteNumber("tag", LockSubject.NumberOf(unionCase.Key));
            WriteType("type", unionCase.Values[0]);
        });
    }

    private void WriteMember(LockSubject type, LockFact member, bool isArray)
    {
        if (isArray && member.Values.Count < 2)
        {
            throw new LockFormatException($"Expected the name of the member after its type, got '{LockText.Show(member.Text)}'.");
        }

        string name = LockText.Decode(isArray ? member.Values[1] : member.Key);
        _json.WriteString("name", name);
        if (isArray)
        {
            _json.WriteNumber("index", LockSubject.NumberOf(member.Key));
        }

        WriteText("doc", _documentation.OfMember(type, member.Key, name));
        WriteType("type", member.Values[0]);
        _json.WriteBoolean("required", member.Values.Skip(isArray ? 2 : 1).Contains("required"));
    }

    private void WriteEnum(LockSubject type)
    {
        _json.WriteString("name", LockText.Decode(type.Head.Subject));
        WriteText("doc", _documentation.OfType(type));
        _json.WriteString("underlying", type.Head.Values[0]);
        WriteArray("values", type.Of("value"), value =>
        {
            string name = LockText.Decode(value.Key);
            _json.WriteString("name", name);
            if (!decimal.TryParse(value.Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal number))
            {
                throw new LockFormatException($"Expected the number of '{LockText.Show(name)}', got '{LockText.Show(value.Values[0])}'.");
            }

            _json.WriteNumber("number", number);
            WriteText("doc", _documentation.OfMember(type, value.Key, name));
        });
    }

    private void WriteType(string property, string wire)
    {
        _json.WritePropertyName(property);
        WriteType(WireType.Parse(wire));
    }

    private void WriteType(WireType type)
    {
        _json.WriteStartObject();
        _json.WriteString("name", LockText.Decode(type.Name));
        if (type.Arguments.Count > 0 && type.Name == "service")
        {
            _json.WriteString("service", LockText.Decode(type.Arguments[0].Name));
        }
        else if (type.Arguments.Count > 0)
        {
            _json.WriteStartArray("arguments");
            foreach (WireType argument in type.Arguments)
            {
                WriteType(argument);
            }

            _json.WriteEndArray();
        }

        _json.WriteBoolean("nullable", type.IsNullable);
        _json.WriteEndObject();
    }

    private void WriteArray<T>(string property, IEnumerable<T> items, Action<T> write)
        where T : class
    {
        _json.WriteStartArray(property);
        foreach (T item in items)
        {
            WriteObject(item, write);
        }

        _json.WriteEndArray();
    }

    private void WriteObject<T>(T? item, Action<T> write)
        where T : class
    {
        if (item is null)
        {
            _json.WriteNullValue();
            return;
        }

        _json.WriteStartObject();
        write(item);
        _json.WriteEndObject();
    }

    private void WriteText(string property, string? text)
    {
        if (text is null)
        {
            _json.WriteNull(property);
        }
        else
        {
            _json.WriteString(property, text);
        }
    }

    private static uint ParseId(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            && uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id)
            ? id
            : throw new LockFormatException($"Expected the id of a method such as 0x2cb7ed8a, got '{LockText.Show(text)}'.");
}
