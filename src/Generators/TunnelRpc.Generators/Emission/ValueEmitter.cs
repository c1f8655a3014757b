using System.Collections.Generic;
using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

/// <summary>
/// Emits the code that reads and writes the values of one generated class, and the static fields that cache their formatters.
/// </summary>
internal sealed class ValueEmitter
{
    public const string Errors = "Codec::FormatterErrors";

    private readonly Dictionary<string, string> _fields = new();
    private readonly List<(string Field, string Type, string Expression)> _declared = new();

    /// <summary>Emits the declarations of the cached formatters. Call it after the declaration of the class's own instance.</summary>
    public void DeclareFormatterFields(CodeWriter code)
    {
        foreach ((string field, string type, string expression) in _declared)
        {
            code.WriteLine($"private static readonly Codec::ITunnelFormatter<{type}> {field} = {expression};");
        }
    }

    /// <summary>Adds the formatters of these values to the cache.</summary>
    public ValueEmitter AddFormatters(IEnumerable<ValueModel> values)
    {
        foreach (ValueModel value in values)
        {
            if (value is { ShouldCacheFormatter: true, Primitive: null } && !_fields.ContainsKey(value.Formatter))
            {
                string field = "Formatter" + Text(_declared.Count);
                _fields.Add(value.Formatter, field);
                _declared.Add((field, value.Type, value.Formatter));
            }
        }

        return this;
    }

    /// <summary>Returns a statement that writes the value of an expression.</summary>
    /// <param name="value">The model of the value.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="error">An expression for the error if the value is null and must not be; see <see cref="NullWritten"/>.</param>
    public string WriteStatement(ValueModel value, string expression, string error)
    {
        string checkedValue = value.IsNonNullable ? $"{expression} ?? throw {error}" : expression;
        return value.Primitive is null
            ? $"{FormatterExpression(value)}.Write(ref writer, {checkedValue});"
            : $"writer.Write({checkedValue});";
    }

    /// <summary>Returns an expression that reads a value.</summary>
    /// <param name="value">The model of the value.</param>
    /// <param name="error">
    /// An expression for the error if the data contains nil and the value must not be null; see <see cref="NilRead"/>.
    /// </param>
    public string ReadExpression(ValueModel value, string error) => value.IsNonNullable
        ? $"reader.TryReadNil() ? throw {error} : {ReadExpression(value)}"
        : ReadExpression(value);

    /// <summary>Returns an expression for the error of a value that is null when it is written.</summary>
    /// <param name="name">The name of the value in the message.</param>
    public static string NullWritten(string name) => $"{Errors}.NullWritten({Quote(name)})";

    /// <summary>Returns an expression for the error of a value that is nil in the received data.</summary>
    /// <param name="name">The name of the value in the message.</param>
    public static string NilRead(string name) => $"{Errors}.NilRead({Quote(name)}, reader.Position)";

    /// <summary>Returns an expression that reads a value without a check for nil.</summary>
    public string ReadExpression(ValueModel value) =>
        value.Primitive is null ? $"{FormatterExpression(value)}.Read(ref reader)" : $"reader.Read{value.Primitive}()";

    /// <summary>Returns an expression for the formatter: the cached field if there is one.</summary>
    public string FormatterExpression(ValueModel value) =>
        _fields.TryGetValue(value.Formatter, out string? field) ? field : value.Formatter;
}
