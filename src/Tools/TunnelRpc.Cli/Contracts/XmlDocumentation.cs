using System.Text;
using System.Xml;

namespace TunnelRpc.Cli.Contracts;

/// <summary>
/// The summaries of an XML documentation file, by the id of the declaration. A file that is not well-formed counts as none.
/// </summary>
internal sealed class XmlDocumentation
{
    private const int MaxCharacters = 128 << 20;

    private readonly Dictionary<string, string> _summaries = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Id, string Name), string> _parameters = [];

    /// <summary>Reads a file.</summary>
    /// <param name="text">The file, which the caller disposes.</param>
    public void Add(Stream text)
    {
        try
        {
            using XmlReader reader = XmlReader.Create(text, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = MaxCharacters,
            });
            string id = "";
            while (!reader.EOF)
            {
                if (reader.NodeType == XmlNodeType.Element && reader.Name == "member")
                {
                    id = reader.GetAttribute("name") ?? "";
                    reader.Read();
                }
                else if (reader.NodeType == XmlNodeType.Element && reader.Name == "summary" && id.Length > 0)
                {
                    _summaries[id] = ReadText(reader);
                }
                else if (reader.NodeType == XmlNodeType.Element && reader.Name == "param" && id.Length > 0)
                {
                    string name = reader.GetAttribute("name") ?? "";
                    _parameters[(id, name)] = ReadText(reader);
                }
                else
                {
                    reader.Read();
                }
            }
        }
        catch (XmlException)
        {
            // The documentation is an addition. The facts are complete without it.
        }
    }

    /// <summary>Adds the summaries of another source.</summary>
    public void Add(XmlDocumentation other)
    {
        foreach ((string id, string text) in other._summaries)
        {
            _summaries[id] = text;
        }

        foreach (((string, string) key, string text) in other._parameters)
        {
            _parameters[key] = text;
        }
    }

    /// <summary>Returns the summary of a declaration; null if there is none.</summary>
    public string? Find(string id) => _summaries.GetValueOrDefault(id);

    /// <summary>Returns the description of a parameter; null if there is none.</summary>
    public string? FindParameter(string id, string name) => _parameters.GetValueOrDefault((id, name));

    /// <summary>
    /// Returns the id of a method; null if the file does not describe it. The id of a method without parameters has no parentheses.
    /// </summary>
    /// <param name="name">The id without the parameters.</param>
    public string? FindMethod(string name) =>
        _summaries.ContainsKey(name) ? name : _summaries.Keys.FirstOrDefault(id => id.StartsWith(name + "(", StringComparison.Ordinal));

    /// <summary>Reads the content of an element as one line of text, and moves after the element.</summary>
    private static string ReadText(XmlReader reader)
    {
        var text = new StringBuilder();
        using (XmlReader inner = reader.ReadSubtree())
        {
            while (inner.Read())
            {
                if (inner.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
                {
                    text.Append(inner.Value);
                }
                else if (inner.NodeType == XmlNodeType.Element)
                {
                    bool isName = inner.Name is "paramref" or "typeparamref";
                    text.Append(inner.GetAttribute("langword") ?? (isName ? inner.GetAttribute("name") : ""));
                    text.Append(inner.IsEmptyElement && inner.GetAttribute("cref") is { } target ? ShortNameOf(target) : "");
                }
            }
        }

        reader.Read();
        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string ShortNameOf(string id)
    {
        string name = id.Split('(')[0];
        return name[(name.LastIndexOfAny(['.', ':']) + 1)..].Split('`')[0];
    }
}
