using System.Reflection;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>The fields of the types of the corpus whose values must not be lost.</summary>
internal static class CorpusFields
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The flag of [NonSerialized] (ECMA-335, section II.23.1.5), whose name in the platform is obsolete.</summary>
    private const int NotSerialized = 0x0080;

    private const string BackingFieldSuffix = ">k__BackingField";

    private static readonly HashSet<string> IgnoreAttributes =
    [
        "TunnelIgnoreAttribute", "IgnoreMemberAttribute", "JsonIgnoreAttribute", "IgnoreDataMemberAttribute", "ProtoIgnoreAttribute",
        "MemoryPackIgnoreAttribute",
    ];

    private static readonly HashSet<string> KeyAttributes =
    [
        "TunnelMemberAttribute", "KeyAttribute", "DataMemberAttribute", "JsonPropertyAttribute", "ProtoMemberAttribute", "IdAttribute",
    ];

    /// <summary>
    /// Returns the instance fields of a type and its base classes, without those of events, locks and overridden automatic properties, and
    /// without those that an attribute excludes.
    /// </summary>
    public static IEnumerable<FieldInfo> Of(Type type)
    {
        var automatic = new HashSet<string>();
        for (Type? t = type; t is not null && t != typeof(object) && t != typeof(ValueType); t = t.BaseType)
        {
            foreach (FieldInfo field in t.GetFields(Declared).Where(IsState))
            {
                if (PropertyOf(field) is not { } property || automatic.Add(property.Name) || property.GetMethod?.IsVirtual != true)
                {
                    yield return field;
                }
            }
        }
    }

    private static bool IsState(FieldInfo field)
    {
        Type type = field.DeclaringType!;
        MemberInfo member = PropertyOf(field) ?? (MemberInfo)field;
        return !HasIgnore(member)
            && ((int)field.Attributes & NotSerialized) == 0
            && field.FieldType != typeof(Lock)
            && field.FieldType != typeof(object)
            && type.GetEvent(field.Name, Declared) is null
            && !type.GetProperties(Declared).Any(p => HasIgnore(p) && IsNamed(p, field))
            && (!IsOptIn(type) || member.GetCustomAttributesData().Any(a => KeyAttributes.Contains(NameOf(a))));
    }

    /// <summary>Whether attributes of a type say that only marked members are serialized.</summary>
    private static bool IsOptIn(Type type) => type.GetCustomAttributesData().Any(a => NameOf(a) switch
    {
        "DataContractAttribute" => true,
        "GenerateSerializerAttribute" => type.GetMethod("<Clone>$") is null,
        "JsonObjectAttribute" => ArgumentsOf(a).Contains(1),
        "ProtoContractAttribute" => !ArgumentsOf(a).Contains(1),
        _ => false,
    });

    private static IEnumerable<object?> ArgumentsOf(CustomAttributeData attribute) =>
        attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(a => a.TypedValue)).Select(a => a.Value);

    /// <summary>Returns the automatic property of a field; null if there is none.</summary>
    private static PropertyInfo? PropertyOf(FieldInfo field) => field.Name.EndsWith(BackingFieldSuffix, StringComparison.Ordinal)
        ? field.DeclaringType!.GetProperty(field.Name[1..^BackingFieldSuffix.Length], Declared)
        : null;

    private static bool IsNamed(PropertyInfo property, FieldInfo field) =>
        string.Equals(property.Name, field.Name.Trim('_'), StringComparison.OrdinalIgnoreCase);

    private static bool HasIgnore(MemberInfo member) => member.GetCustomAttributesData().Any(a =>
        IgnoreAttributes.Contains(NameOf(a)) && a.NamedArguments.All(n => n.MemberName != "Condition" || n.TypedValue.Value is 1));

    private static bool Has(MemberInfo member, string name) => member.GetCustomAttributesData().Any(a => NameOf(a) == name);

    private static string NameOf(CustomAttributeData attribute) => attribute.AttributeType.Name;
}
