using TunnelRpc;

namespace Fleet.Agents;

/// <summary>A folder whose files operators access by name. No name reaches a file outside of the folder.</summary>
internal sealed class AgentFolder
{
    private const int MaxNameLength = 128;
    private readonly string _path;

    public AgentFolder(string parent, string name)
    {
        _path = Path.GetFullPath(Path.Combine(parent, name));
        Directory.CreateDirectory(_path);
    }

    /// <summary>
    /// The path of a file in this folder. A name consists of letters, digits, '-', '_' and '.', and starts with a letter or a digit.
    /// It therefore contains no path separator of any platform, no "..", no drive, no NTFS stream, and is not a hidden file.
    /// </summary>
    /// <exception cref="TunnelException">The name is not of this form.</exception>
    public string PathOf(string name)
    {
        if (name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0])
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new TunnelException(
                TunnelStatus.InvalidArgument,
                $"Expected a plain file name of 1 to {MaxNameLength} letters, digits, '-', '_' and '.', without a path; got one of "
                + $"{name.Length} characters.");
        }

        return Path.Combine(_path, name);
    }
}
