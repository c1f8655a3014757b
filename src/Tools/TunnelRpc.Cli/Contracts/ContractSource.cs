using System.Text;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>The contracts of an assembly, a package or a lock.</summary>
internal sealed class ContractSource
{
    private const long MaxFileBytes = 1L << 30;

    /// <summary>Creates the source.</summary>
    /// <param name="name">The name for messages.</param>
    /// <param name="facts">The facts.</param>
    /// <param name="reserved">The facts that were true once.</param>
    /// <param name="documentation">The XML documentation.</param>
    /// <exception cref="UsageException">Two facts contradict each other.</exception>
    public ContractSource(
        string name, IEnumerable<LockFact> facts, IEnumerable<LockFact> reserved, XmlDocumentation documentation)
    {
        try
        {
            Model = new LockModel(facts, reserved);
        }
        catch (LockFormatException error)
        {
            throw new UsageException(
                $"The contracts in '{name}' contradict each other: {error.Message} Name one assembly instead of several.");
        }

        Documentation = documentation;
    }

    /// <summary>The facts.</summary>
    public LockModel Model { get; }

    /// <summary>The XML documentation; empty if there is none.</summary>
    public XmlDocumentation Documentation { get; }

    /// <summary>Reads a file: an assembly, a package or a lock, which its first bytes tell apart.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="UsageException">The file cannot be read, or it has no contracts.</exception>
    public static ContractSource Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxFileBytes)
            {
                throw new UsageException(
                    $"Expected a file of at most {MaxFileBytes >> 20} MiB, got '{path}' with {file.Length >> 20} MiB.");
            }

            int first = file.ReadByte();
            int second = file.ReadByte();
            file.Position = 0;
            ContractSource source = (first, second) switch
            {
                ('M', 'Z') => new ContractSource(path, AssemblyContracts.Read(file, path), [], FindDocumentation(path)),
                ('P', 'K') => PackageContracts.Read(file, path),
                _ => ReadLock(file, path),
            };
            return source.Model.Services.Any() || first is not ('M' or 'P')
                ? source
                : throw new UsageException(
                    $"'{path}' has no contracts. Expected an interface with [TunnelService], built with the generator of this version.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{path}' cannot be read: {error.Message}");
        }
    }

    /// <summary>Reads several files as one.</summary>
    /// <exception cref="UsageException">A file cannot be read, or two of them contradict each other.</exception>
    public static ContractSource Read(IReadOnlyList<string> paths)
    {
        if (paths.Count == 1)
        {
            return Read(paths[0]);
        }

        ContractSource[] sources = [.. paths.Select(Read)];
        var documentation = new XmlDocumentation();
        foreach (ContractSource source in sources)
        {
            documentation.Add(source.Documentation);
        }

        return new ContractSource(
            string.Join(", ", paths),
            sources.SelectMany(s => s.Model.Facts),
            sources.SelectMany(s => s.Model.Reserved),
            documentation);
    }

    private static ContractSource ReadLock(FileStream file, string path)
    {
        if (file.Length > LockFile.MaxLength)
        {
            throw new UsageException(
                $"Expected a lock of at most {LockFile.MaxLength >> 20} MiB, got '{path}' with {file.Length >> 20} MiB.");
        }

        try
        {
            using var reader = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true), true, -1, leaveOpen: true);
            LockModel model = LockFile.Parse(reader.ReadToEnd()).Model;
            return new ContractSource(path, model.Facts, model.Reserved, new XmlDocumentation());
        }
        catch (LockFormatException error)
        {
            throw new UsageException($"'{path}' is neither an assembly, a package nor a lock: line {error.Line}: {error.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"'{path}' is neither an assembly, a package nor a lock: it is not a text in UTF-8.");
        }
    }

    private static XmlDocumentation FindDocumentation(string path)
    {
        var documentation = new XmlDocumentation();
        string xml = Path.ChangeExtension(path, ".xml");
        if (File.Exists(xml))
        {
            using FileStream text = File.OpenRead(xml);
            documentation.Add(text);
        }

        return documentation;
    }
}
