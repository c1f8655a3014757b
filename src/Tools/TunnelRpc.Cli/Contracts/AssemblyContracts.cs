using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

// Decision: docs/adr/0083-facts-in-the-assembly.md
/// <summary>Reads the facts that the generator wrote into an assembly. The assembly is not loaded, and none of its code runs.</summary>
internal static class AssemblyContracts
{
    /// <summary>The most characters of the facts of an assembly.</summary>
    private const int MaxCharacters = LockFile.MaxLength;

    /// <summary>Returns the facts; none if the assembly has no contracts.</summary>
    /// <param name="assembly">The assembly: a seekable stream, which the caller disposes.</param>
    /// <param name="name">The name for messages.</param>
    /// <exception cref="UsageException">The stream is not an assembly, or the facts are invalid.</exception>
    public static IReadOnlyList<LockFact> Read(Stream assembly, string name)
    {
        try
        {
            using var image = new PEReader(assembly, PEStreamOptions.LeaveOpen | PEStreamOptions.PrefetchMetadata);
            if (!image.HasMetadata)
            {
                throw new UsageException($"Expected '{name}' to be a .NET assembly, got a program or library without metadata.");
            }

            MetadataReader metadata = image.GetMetadataReader();
            return metadata.IsAssembly
                ? [.. ReadAttributes(metadata, name).SelectMany(AssemblyFacts.Expand)]
                : throw new UsageException($"Expected '{name}' to be an assembly, got a module.");
        }
        catch (LockFormatException error)
        {
            throw new UsageException($"The contracts in '{name}' cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is BadImageFormatException or IOException or ArgumentException or OverflowException
            or InvalidOperationException)
        {
            throw new UsageException($"Expected '{name}' to be a .NET assembly, got a file that cannot be read: {error.Message}");
        }
    }

    private static IEnumerable<string> ReadAttributes(MetadataReader metadata, string name)
    {
        int characters = 0;
        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            if (!IsMetadataAttribute(metadata, attribute))
            {
                continue;
            }

            // Prolog (1), then the two arguments of the constructor: ECMA-335, II.23.3.
            BlobReader value = metadata.GetBlobReader(attribute.Value);
            if (value.ReadUInt16() == 1 && value.ReadSerializedString() == AssemblyFacts.Key && value.ReadSerializedString() is { } facts)
            {
                characters = checked(characters + facts.Length);
                if (characters > MaxCharacters)
                {
                    throw new UsageException($"Expected at most {MaxCharacters} characters of contracts in '{name}', got more.");
                }

                yield return facts;
            }
        }
    }

    private static bool IsMetadataAttribute(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return false;
        }

        MemberReference constructor = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        if (constructor.Parent.Kind != HandleKind.TypeReference)
        {
            return false;
        }

        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)constructor.Parent);
        return metadata.StringComparer.Equals(type.Name, "AssemblyMetadataAttribute")
            && metadata.StringComparer.Equals(type.Namespace, "System.Reflection");
    }
}
