using System.Reflection;
using System.Text;

namespace TunnelRpc.Tests.Api;

/// <summary>Prints what an assembly offers: one type or member a line, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(char)] = "char",
        [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long",
        [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
        [typeof(string)] = "string", [typeof(object)] = "object",
    };

    public static string Print(Assembly assembly)
    {
        IEnumerable<string> lines = assembly.GetExportedTypes().SelectMany(type => Members(type).Prepend(Head(type)));
        return string.Concat(lines.Distinct().Order(StringComparer.Ordinal).Select(line => line + "\n"));
    }

    private static string Head(Type type)
    {
        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        IEnumerable<Type> bases = type.GetInterfaces().Where(i => i.IsVisible).OrderBy(Name, StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
        {
            bases = bases.Prepend(parent);
        }

        string list = type.IsEnum ? "" : string.Join(", ", bases.Select(Name));
        return $"{FullName(type)}: {kind}{(list.Length > 0 ? " : " + list : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        string owner = FullName(type);
        foreach (FieldInfo field in type.GetFields(Declared).Where(f => (f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly) && !f.IsSpecialName))
        {
            string value = field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : "";
            yield return $"{owner}.{field.Name}: {(field.IsStatic ? "static " : "")}{(type.IsEnum ? "value" : Name(field.FieldType))}{value}";
        }

        foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(IsOffered))
        {
            yield return $"{owner}.new({Parameters(constructor)})";
        }

        foreach (PropertyInfo property in type.GetProperties(Declared))
        {
            MethodInfo? get = property.GetMethod is { } g && IsOffered(g) ? g : null;
            MethodInfo? set = property.SetMethod is { } s && IsOffered(s) ? s : null;
            if ((get ?? set) is { } accessor)
            {
                bool init = set?.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") == true;
                string index = property.GetIndexParameters().Length == 0 ? "" : $"[{string.Join(", ", property.GetIndexParameters().Select(p => Name(p.ParameterType)))}]";
                yield return $"{owner}.{property.Name}{index}: {Modifiers(accessor)}{Name(property.PropertyType)} {{{(get is null ? "" : " get;")}{(set is null ? "" : init ? " init;" : " set;")} }}";
            }
        }

        foreach (EventInfo member in type.GetEvents(Declared).Where(e => e.AddMethod is { } add && IsOffered(add)))
        {
            yield return $"{owner}.{member.Name}: event {Name(member.EventHandlerType!)}";
        }

        foreach (MethodInfo method in type.GetMethods(Declared).Where(m => IsOffered(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)) && !m.Name.Contains('<', StringComparison.Ordinal)))
        {
            string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
            yield return $"{owner}.{method.Name}{generic}({Parameters(method)}): {Modifiers(method)}{Name(method.ReturnType)}{(method.IsGenericMethod ? Constraints(method.GetGenericArguments()) : "")}";
        }
    }

    private static bool IsOffered(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && method.DeclaringType is { IsSealed: false });

    private static string Modifiers(MethodInfo method)
    {
        string modifiers = method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "";
        modifiers += method.IsStatic ? "static " : "";
        return modifiers + method switch
        {
            { IsAbstract: true } => method.DeclaringType!.IsInterface && !method.IsStatic ? "" : "abstract ",
            { IsVirtual: true } when method.GetBaseDefinition() != method => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? (p.IsIn ? "in " : "ref ") : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + Literal(p.RawDefaultValue) : "")}"));

    private static string Constraints(Type[] arguments)
    {
        var text = new StringBuilder();
        foreach (Type argument in arguments.Where(a => a.IsGenericParameter))
        {
            var parts = new List<string>();
            if (argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                parts.Add("class");
            }

            bool isStruct = argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            if (isStruct)
            {
                parts.Add("struct");
            }

            parts.AddRange(argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(Name).Order(StringComparer.Ordinal));
            if (!isStruct && argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
            {
                parts.Add("new()");
            }

            if (parts.Count > 0)
            {
                text.Append(" where ").Append(argument.Name).Append(" : ").AppendJoin(", ", parts);
            }
        }

        return text.ToString();
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string FullName(Type type) =>
        type.DeclaringType is { } outer ? $"{FullName(outer)}.{Simple(type)}" : $"{type.Namespace}.{Simple(type)}";

    private static string Simple(Type type)
    {
        string name = type.Name.Split('`')[0];
        Type[] arguments = type.GetGenericArguments();
        return type.Name.Contains('`', StringComparison.Ordinal) ? $"{name}<{string.Join(", ", arguments.Select(Name))}>" : name;
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        return Keywords.TryGetValue(type, out string? keyword) ? keyword : Simple(type);
    }
}
