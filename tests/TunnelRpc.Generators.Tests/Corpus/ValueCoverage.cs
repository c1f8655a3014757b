using System.Reflection;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>
/// Finds the fields that have their default in all values of a file: a test with such values would not notice that they are lost.
/// </summary>
internal sealed class ValueCoverage(DeepComparison comparison)
{
    private readonly HashSet<(Type Type, string Field)> _fields = [];
    private readonly HashSet<(Type Type, string Field)> _set = [];

    /// <summary>The types of the objects in the values.</summary>
    public HashSet<Type> Types { get; } = [];

    /// <summary>The fields of the types of the corpus that had their default in all objects.</summary>
    public IEnumerable<string> Unset => _fields.Except(_set).Select(f => $"{f.Type}.{f.Field}");

    /// <summary>Adds a value and all objects in it.</summary>
    public void Add(object? value)
    {
        if (value is null)
        {
            return;
        }

        if (!comparison.IsOfCorpus(value))
        {
            foreach (object? element in DeepComparison.ElementsOf(value) ?? [])
            {
                Add(element);
            }

            return;
        }

        Type type = value.GetType();
        Types.Add(type);
        object? initial = type.GetConstructor(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Type.EmptyTypes)?.Invoke(null);
        foreach (FieldInfo field in CorpusFields.Of(type))
        {
            object? content = field.GetValue(value);
            _fields.Add((type, field.Name));
            if (!IsDefault(content) && (initial is null || comparison.Compare(field.GetValue(initial), content, "").Any()))
            {
                _set.Add((type, field.Name));
            }

            Add(content);
        }
    }

    /// <summary>Returns whether a value is null, zero or empty.</summary>
    public static bool IsDefault(object? value) =>
        value is null or ""
        || (value.GetType().IsValueType && value.Equals(RuntimeHelpers.GetUninitializedObject(value.GetType())))
        || DeepComparison.ElementsOf(value) is { Count: 0 };
}
