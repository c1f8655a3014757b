using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0083-facts-in-the-assembly.md
/// <summary>Returns the facts about a contract, from the same model from which its code is generated.</summary>
internal static class ContractFacts
{
    /// <summary>Returns the facts about a service, its methods, and the types and enums of the model.</summary>
    public static IEnumerable<LockFact> Of(ServiceModel service) =>
        OfService(service).Concat(service.Types.SelectMany(OfType)).Concat(service.Enums.SelectMany(OfEnum));

    /// <summary>Returns the facts about a service and its methods.</summary>
    public static IEnumerable<LockFact> OfService(ServiceModel service)
    {
        string name = LockText.Encode(service.WireName);
        yield return LockFact.Create(LockFact.Service, name);
        yield return LockFact.Create(LockFact.Service, name, "doc", LockText.Encode("T:" + PlainName(service.Type)));
        if (service.Callback is { } callback)
        {
            yield return LockFact.Create(LockFact.Service, name, "callback", LockText.Encode(callback));
        }

        if (service.Methods.Any(m => m.Settings.IsOrdered))
        {
            yield return LockFact.Create(LockFact.Service, name, "ordered");
        }

        foreach (LockFact fact in service.Methods.SelectMany(m => OfMethod(service, m)))
        {
            yield return fact;
        }
    }

    /// <summary>Returns the facts about a type with a generated formatter.</summary>
    public static IEnumerable<LockFact> OfType(TypeModel type)
    {
        string name = WireType.NameOf(type.Type);
        bool isArray = type.Encoding == TypeEncoding.Array;
        yield return LockFact.Create(
            LockFact.Type, name, type.Encoding switch
            {
                TypeEncoding.Union or TypeEncoding.DiscriminatedUnion => "union",
                TypeEncoding.Array => "array",
                _ => "map",
            });
        foreach (MemberModel member in type.Members)
        {
            string memberName = LockText.Encode(member.Name.TrimStart('@'));
            string key = isArray ? Text(member.Index!.Value) : LockText.Encode(member.Key);
            List<string> tokens = [LockFact.Type, name, "member", key, member.Value.Wire];
            if (isArray)
            {
                tokens.Add(memberName);
            }

            if (member.MustBePresent)
            {
                tokens.Add("required");
            }

            yield return LockFact.Create([.. tokens]);
            if (!member.DocumentationId.EndsWith($":{PlainName(type.Type)}.{member.Key}", StringComparison.Ordinal))
            {
                yield return LockFact.Create(LockFact.Type, name, "doc", key, LockText.Encode(member.DocumentationId));
            }
        }

        foreach (UnionCaseModel unionCase in type.Cases.OrderBy(c => c.Tag))
        {
            yield return LockFact.Create(LockFact.Type, name, "case", Text(unionCase.Tag), unionCase.Value.Wire);
        }

        foreach (DiscriminatedCaseModel unionCase in type.DiscriminatedCases)
        {
            string fields = string.Join(",", unionCase.Fields.Select(f => f.Value.Wire));
            yield return LockFact.Create(
                LockFact.Type, name, "case", Text(unionCase.Tag), fields.Length == 0 ? "tuple" : $"tuple<{fields}>");
        }
    }

    /// <summary>Returns the facts about an enum.</summary>
    public static IEnumerable<LockFact> OfEnum(EnumModel type)
    {
        yield return LockFact.Create(LockFact.Enum, type.Name, type.Underlying);
        foreach (EnumValueModel value in type.Values)
        {
            yield return LockFact.Create(LockFact.Enum, type.Name, "value", LockText.Encode(value.Name), value.Number);
        }
    }

    /// <summary>Returns the name of a method in facts.</summary>
    public static string SubjectOf(ServiceModel service, MethodModel method) =>
        LockText.Encode(service.WireName) + "/" + LockText.Encode(method.WireName);

    private static IEnumerable<LockFact> OfMethod(ServiceModel service, MethodModel method)
    {
        string name = SubjectOf(service, method);
        string id = "0x" + WireHash.Of(service.WireName + "/" + method.WireName).ToString("x8", CultureInfo.InvariantCulture);
        yield return LockFact.Create(LockFact.Method, name, ShapeOf(method), id);
        string declaration = $"M:{PlainName(service.Type)}.{method.WireName}";
        bool isOverload = service.Methods.Count(m => m.Name == method.Name) > 1;
        if (isOverload || !(method.DocumentationId + "(").StartsWith(declaration + "(", StringComparison.Ordinal))
        {
            yield return LockFact.Create(LockFact.Method, name, "doc", LockText.Encode(method.DocumentationId));
        }

        int position = 0;
        foreach (ParameterModel parameter in method.Parameters.Where(p => p.Value is not null))
        {
            string parameterName = LockText.Encode(parameter.Name.TrimStart('@'));
            string wire = parameter.Value!.Wire;
            if (parameter.Role == ParameterRole.Stream)
            {
                yield return LockFact.Create(LockFact.Method, name, "stream", wire, parameterName);
                continue;
            }

            List<string> tokens = [LockFact.Method, name, "parameter", Text(position), wire, parameterName];
            if (parameter.NeutralDefault is { } value)
            {
                tokens.Add(MethodComparison.DefaultMark + LockText.Encode(value));
            }

            yield return LockFact.Create([.. tokens]);
            position++;
        }

        if (method.Shape != MethodShape.OneWay)
        {
            yield return LockFact.Create(LockFact.Method, name, "result", method.Result?.Wire ?? WireTypes.Nil);
        }

        foreach (FaultModel fault in method.Settings.Faults.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            yield return LockFact.Create(LockFact.Method, name, "fault", LockText.Encode(fault.Name), fault.Value.Wire);
        }

        if (method.Settings.TimeoutTicks is long ticks)
        {
            string time = TimeSpan.FromTicks(ticks).ToString("c", CultureInfo.InvariantCulture);
            yield return LockFact.Create(LockFact.Method, name, "timeout", time);
        }

        if (method.Settings.IsIdempotent)
        {
            yield return LockFact.Create(LockFact.Method, name, "idempotent");
        }
    }

    /// <summary>Returns the name of a type as the ids of documentation have it.</summary>
    private static string PlainName(string type) => type.Replace("global::", "").Replace("@", "");

    private static string ShapeOf(MethodModel method) => method.Shape switch
    {
        MethodShape.OneWay => "one-way",
        MethodShape.ServerStreaming => "server-streaming",
        MethodShape.ClientStreaming => "client-streaming",
        MethodShape.DuplexStreaming => "duplex",
        _ => "unary",
    };
}
