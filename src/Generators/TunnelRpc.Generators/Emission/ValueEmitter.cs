using System.Collections.Generic;
using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>
/// Emits the code that reads and writes the values of one generated class, and the static fields that cache their formatters.
/// </summary>
internal sealed class ValueEmitter
{
    public const string Errors = "global::TunnelRpc.Serialization.FormatterErrors";

    private readonly Dictionary<string, string> _fields = new();
    private readonly List<(string Field, string Type, string Expression)> _declared = new();

    /// <summary>Emits the declarations of the cached formatters. Call it after the declaration of the class's own instance.</summary>
    public void DeclareFormatterFields(CodeWriter code)
    {
        foreach ((string field, string type, string expression) in _declared)
        {
            code.WriteLine($"private static readonly global::TunnelRpc.Serialization.ITunnelFormatter<{type}> {field} = {expression};");
        }
    }

    /// <summary>Adds the formatters of these values to the cache.</summary>
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

    /// <summary>Returns a statement that writes the value of an expression.</summary>
    /// <param name="value">The model of the value.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="name">The name of the value in the error message, if it is null and must not be.</param>
    public string WriteStatement(ValueModel value, string expression, string name) =>
        Write(value, expression, $"NullWritten({Quote(name)})");

    /// <summary>Returns a statement that writes an argument.</summary>
    /// <param name="value">The model of the argument.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="parameter">The name of the parameter.</param>
    /// <param name="method">The name of the method.</param>
    public string WriteArgument(ValueModel value, string expression, string parameter, string method) =>
        Write(value, expression, $"NullArgument({Quote(parameter)}, {Quote(method)})");

    private string Write(ValueModel value, string expression, string error)
    {
        string checkedValue = value.IsNonNullable ? $"{expression} ?? throw {Errors}.{error}" : expression;
        return value.Primitive is null
            ? $"{FormatterExpression(value)}.Write(ref writer, {checkedValue});"
            : $"writer.Write({checkedValue});";
    }

    /// <summary>Returns an expression that reads a value.</summary>
    /// <param name="value">The model of the value.</param>
    /// <param name="name">The name of the value in the error message, if the data contains nil and the value must not be null.</param>
    public string ReadExpression(ValueModel value, string name) => value.IsNonNullable
        ? $"reader.TryReadNil() ? throw {Errors}.NilRead({Quote(name)}, reader.Position) : {ReadExpression(value)}"
        : ReadExpression(value);

    /// <summary>Returns an expression that reads a value without a check for nil.</summary>
    public string ReadExpression(ValueModel value) =>
        value.Primitive is null ? $"{FormatterExpression(value)}.Read(ref reader)" : $"reader.Read{value.Primitive}()";

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>Returns an expression for the formatter: the cached field if there is one.</summary>
    public string FormatterExpression(ValueModel value) =>
        _fields.TryGetValue(value.Formatter, out string? field) ? field : value.Formatter;
}
