using System.Globalization;
using System.Text;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>
/// Finds the XML documentation of the declarations behind facts. An assembly has an id for each declaration whose id does not follow from
/// its name in the contract.
/// </summary>
/// <param name="source">The contracts and their documentation.</param>
internal sealed class DocumentationIds(ContractSource source)
{
    private readonly XmlDocumentation _documentation = source.Documentation;

    /// <summary>Returns the summary of a service; null if there is none.</summary>
    public string? OfService(LockSubject service) => IdOf(service) is { } id ? _documentation.Find(id) : null;

    /// <summary>Returns the id of a method; null if its documentation is not known.</summary>
    public string? FindMethod(LockSubject method)
    {
        if (IdOf(method) is { } id)
        {
            return id;
        }

        string[] names = method.Head.Subject.Split('/');
        return names.Length == 2 && source.Model.Find(LockFact.Service, names[0]) is { } service && IdOf(service) is { } declaring
            ? _documentation.FindMethod($"M:{declaring[2..]}.{LockText.Decode(names[1])}")
            : null;
    }

    /// <summary>Returns the summary of a type or enum; null if there is none.</summary>
    public string? OfType(LockSubject type) => _documentation.Find("T:" + NameOf(type));

    /// <summary>Returns the summary of a member; that of the parameter of a record if the member has none; null if there is none.</summary>
    /// <param name="type">The type.</param>
    /// <param name="key">The key of the member, encoded.</param>
    /// <param name="name">The name of the member.</param>
    public string? OfMember(LockSubject type, string key, string name)
    {
        string declaring = NameOf(type);
        return type.Find("doc", key) is { } fact && LockText.Decode(fact.Values[0]) is { } id
            ? _documentation.Find(id) ?? _documentation.FindParameter("T:" + declaring, id[(id.LastIndexOf('.') + 1)..])
            : _documentation.Find($"P:{declaring}.{name}")
                ?? _documentation.Find($"F:{declaring}.{name}")
                ?? _documentation.FindParameter("T:" + declaring, name);
    }

    private static string? IdOf(LockSubject subject) => subject.Find("doc") is { } fact ? LockText.Decode(fact.Values[0]) : null;

    /// <summary>Returns the name of a type as in ids: <c>Acme.Pair{int,string}</c> is <c>Acme.Pair`2</c>.</summary>
    private static string NameOf(LockSubject type)
    {
        string wire = LockText.Decode(type.Head.Subject).TrimStart(':');
        var name = new StringBuilder();
        int depth = 0;
        int arguments = 0;
        foreach (char c in wire)
        {
            depth += c is '{' or '(' ? 1 : c is '}' or ')' ? -1 : 0;
            if (depth == 0 && c is '}')
            {
                name.Append('`').Append(arguments.ToString(CultureInfo.InvariantCulture));
            }
            else if (depth == 0)
            {
                name.Append(c);
            }
            else
            {
                arguments = depth == 1 && c == '{' ? 1 : depth == 1 && c == ',' ? arguments + 1 : arguments;
            }
        }

        return name.ToString();
    }
}
