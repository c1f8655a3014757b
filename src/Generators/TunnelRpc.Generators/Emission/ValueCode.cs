using System.Collections.Generic;
using System.Globalization;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>The code that reads and writes values inside one formatter, and the formatters it keeps in static fields.</summary>
internal sealed class ValueCode
{
    private readonly Dictionary<string, string> _fields = new();
    private readonly List<(string Field, string Type, string Expression)> _declared = new();

    /// <summary>Kept formatters, for the declarations behind the formatter's own instance.</summary>
    public void Declare(CodeWriter code)
    {
        foreach ((string field, string type, string expression) in _declared)
        {
            code.Line($"private static readonly global::TunnelRpc.Serialization.ITunnelFormatter<{type}> {field} = {expression};");
        }
    }

    public ValueCode With(IEnumerable<ValueModel> values)
    {
        foreach (ValueModel value in values)
        {
            if (value is { IsConstructed: true, Primitive: null } && !_fields.ContainsKey(value.Formatter))
            {
                string field = "Formatter" + _declared.Count.ToString(CultureInfo.InvariantCulture);
                _fields.Add(value.Formatter, field);
                _declared.Add((field, value.Type, value.Formatter));
            }
        }

        return this;
    }

    /// <summary>A statement that writes the expression's value; <paramref name="name"/> is for the message when it is null.</summary>
    public string Write(ValueModel value, string expression, string name)
    {
        string checkedValue = value.RefusesNull ? $"{expression} ?? throw new global::TunnelRpc.Serialization.MessagePackException(\"{name} is null, and its contract says that it is not.\")" : expression;
        return value.Primitive is null ? $"{Formatter(value)}.Write(ref writer, {checkedValue});" : $"writer.Write({checkedValue});";
    }

    public string Read(ValueModel value) =>
        value.Primitive is null ? $"{Formatter(value)}.Read(ref reader)" : $"reader.Read{value.Primitive}()";

    /// <summary>An expression that gives the formatter.</summary>
    public string Formatter(ValueModel value) => _fields.TryGetValue(value.Formatter, out string? field) ? field : value.Formatter;
}
