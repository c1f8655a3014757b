using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0098-cost-of-contracts-for-the-compiler.md
/// <summary>
/// Emits the checks of a type's members. Where the keys of the type have the name of the member, the code refers to it by its index, since
/// texts make up much of an assembly. It calls methods that throw, since expressions that throw cost the compiler more.
/// </summary>
internal sealed class MemberChecks(TypeModel type)
{
    /// <summary>The error of a member that is null when it is written.</summary>
    public string NullWritten(int index) => IsNamedByKey(index)
        ? $"Keys.NullWritten({Text(index)})"
        : ValueEmitter.NullWritten(type.Members[index].DisplayName);

    /// <summary>Returns statements that read a member into a variable.</summary>
    public string ReadInto(string variable, int index, ValueEmitter values)
    {
        ValueModel value = type.Members[index].Value;
        return value.IsNonNullable && IsNamedByKey(index)
            ? $"Keys.ThrowIfNil(ref reader, {Text(index)}); {variable} = {values.ReadExpression(value)};"
            : $"{variable} = {values.ReadExpression(value, ValueEmitter.NilRead(type.Members[index].DisplayName))};";
    }

    /// <summary>Returns a statement that throws if a member was missing in the received data.</summary>
    public string CheckPresence(string isPresent, int index)
    {
        if (IsNamedByKey(index))
        {
            return $"Keys.ThrowIfMissing({isPresent}, {Text(index)}, start);";
        }

        MemberModel member = type.Members[index];
        string path = member.Index is { } key ? $"[{Text(key)}]" : "." + member.Key;
        return $"if (!{isPresent}) throw {ValueEmitter.Errors}.MissingMember({Quote(member.DisplayName)}, {Quote(path)}, start);";
    }

    private bool IsNamedByKey(int index) =>
        type.Encoding == TypeEncoding.Map && type.Members[index].DisplayName == $"{type.DisplayName}.{type.Members[index].Key}";
}
