using System.Collections.Generic;
using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>The code that reads and writes values inside one formatter, and the formatters it keeps in static fields.</summary>
internal sealed class ValueEmitter
{
    public const string Errors = "global::TunnelRpc.Serialization.FormatterErrors";

    private readonly Dictionary<string, string> _fields = new();
    private readonly List<(string Field, string Type, string Expression)> _declared = new();

    /// <summary>Kept formatters, for the declarations behind the formatter's own instance.</summary>
    public void DeclareFormatterFields(CodeWriter code)
    {
        foreach ((string field, string type, string expression) in _declared)
        {
            code.WriteLine($"private static readonly global::TunnelRpc.Serialization.ITunnelFormatter<{type}> {field} = {expression};");
        }
    }

    public ValueEmitter AddFormatters(IEnumerable<ValueModel> values)
    {
        foreach (ValueModel value in values)
        {
            if (value is { ShouldCacheFormatter: true, Primitive: null } && !_fields.ContainsKey(value.Formatter))
            {
                string field = "Formatter" + _declared.Count.ToString(CultureInfo.InvariantCulture);
                _fields.Add(value.Formatter, field);
                _declared.Add((field, value.Type, value.Formatter));
            }
        }

        return this;
    }

    /// <summary>A statement that writes the expression's value; <paramref name="name"/> is for the message when it is null.</summary>
    public string WriteStatement(ValueModel value, string expression, string name)
    {
        string checkedValue = value.IsNonNullable ? $"{expression} ?? throw {Errors}.NullWritten({Quote(name)})" : expression;
        return value.Primitive is null ? $"{FormatterExpression(value)}.Write(ref writer, {checkedValue});" : $"writer.Write({checkedValue});";
    }

    /// <summary>An expression that reads a value; <paramref name="name"/> is for the message when nil comes where it must not.</summary>
    public string ReadExpression(ValueModel value, string name) =>
        value.IsNonNullable ? $"reader.TryReadNil() ? throw {Errors}.NilRead({Quote(name)}, reader.Position) : {ReadExpression(value)}" : ReadExpression(value);

    public string ReadExpression(ValueModel value) =>
        value.Primitive is null ? $"{FormatterExpression(value)}.Read(ref reader)" : $"reader.Read{value.Primitive}()";

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>An expression that gives the formatter.</summary>
    public string FormatterExpression(ValueModel value) => _fields.TryGetValue(value.Formatter, out string? field) ? field : value.Formatter;
}
