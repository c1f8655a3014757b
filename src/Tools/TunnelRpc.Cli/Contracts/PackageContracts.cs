using System.IO.Compression;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>Reads the contracts of the libraries in a NuGet package. The sizes that the package states are not trusted.</summary>
internal static class PackageContracts
{
    private const int MaxEntries = 20_000;
    private const int MaxLibraries = 200;

    /// <summary>The most bytes of one decompressed file.</summary>
    private const long MaxFileBytes = 128L << 20;

    /// <summary>The most bytes of all decompressed files.</summary>
    private const long MaxTotalBytes = 512L << 20;

    /// <summary>Returns the contracts of the libraries in the folder "lib".</summary>
    /// <param name="package">The package: a seekable stream, which the caller disposes.</param>
    /// <param name="name">The name for messages.</param>
    /// <exception cref="UsageException">The stream is not a package, or it exceeds a limit.</exception>
    public static ContractSource Read(Stream package, string name)
    {
        try
        {
            using var archive = new ZipArchive(package, ZipArchiveMode.Read, leaveOpen: true);
            if (archive.Entries.Count > MaxEntries)
            {
                throw new UsageException($"Expected at most {MaxEntries} files in '{name}', got {archive.Entries.Count}.");
            }

            ZipArchiveEntry[] libraries = [.. archive.Entries.Where(e => IsLibrary(e.FullName)).Take(MaxLibraries + 1)];
            if (libraries.Length > MaxLibraries)
            {
                throw new UsageException($"Expected at most {MaxLibraries} libraries in '{name}', got more.");
            }

            long budget = MaxTotalBytes;
            var facts = new List<LockFact>();
            var documentation = new XmlDocumentation();
            foreach (ZipArchiveEntry library in libraries)
            {
                string file = $"{name}:{library.FullName}";
                using MemoryStream image = Decompress(library, file, ref budget);
                IReadOnlyList<LockFact> found = AssemblyContracts.Read(image, file);
                facts.AddRange(found);
                if (found.Count > 0 && archive.GetEntry(Path.ChangeExtension(library.FullName, ".xml")) is { } xml)
                {
                    using MemoryStream text = Decompress(xml, file, ref budget);
                    documentation.Add(text);
                }
            }

            return new ContractSource(name, facts.Distinct(), [], documentation);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or NotSupportedException or ArgumentException)
        {
            throw new UsageException($"Expected '{name}' to be a NuGet package, got a file that cannot be read: {error.Message}");
        }
    }

    private static bool IsLibrary(string path) =>
        path.StartsWith("lib/", StringComparison.OrdinalIgnoreCase) && path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
        && !path.EndsWith(".resources.dll", StringComparison.OrdinalIgnoreCase);

    private static MemoryStream Decompress(ZipArchiveEntry entry, string file, ref long budget)
    {
        long limit = Math.Min(MaxFileBytes, budget);
        var content = new MemoryStream();
        using Stream compressed = entry.Open();
        byte[] block = new byte[81_920];
        for (int read = compressed.Read(block); read > 0; read = compressed.Read(block))
        {
            if (content.Length + read > limit)
            {
                content.Dispose();
                throw new UsageException(
                    $"Expected at most {MaxFileBytes >> 20} MiB in '{file}' and {MaxTotalBytes >> 20} MiB in all, got more when it was "
                    + "decompressed.");
            }

            content.Write(block, 0, read);
        }

        budget -= content.Length;
        content.Position = 0;
        return content;
    }
}
