using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The instance fields of types in other assemblies, also private ones. The compiler does not load the symbols of private members of other
/// assemblies, so they are read from the metadata.
/// </summary>
/// <param name="compilation">The compilation of the contract.</param>
internal sealed class MetadataFields(Compilation compilation)
{
    private const string ReferenceAssembly = "System.Runtime.CompilerServices.ReferenceAssemblyAttribute";

    /// <summary>The end of the name of the field of an automatic property, and of a captured parameter of a primary constructor.</summary>
    private static readonly string[] GeneratedSuffixes = [">k__BackingField", ">P"];

    /// <summary>The start of the name of the field with which F# checks that a constructor has ended.</summary>
    private const string InitializationCheck = "init@";

    /// <summary>
    /// Returns the fields, without those that hold no value; null if they are not known: a reference assembly does not contain the private
    /// fields of classes.
    /// </summary>
    public IReadOnlyList<MetadataField>? Get(INamedTypeSymbol type)
    {
        IAssemblySymbol assembly = type.ContainingAssembly;
        if ((type.IsReferenceType && AttributeNames.Has(assembly, ReferenceAssembly))
            || compilation.GetMetadataReference(assembly) is not PortableExecutableReference reference
            || reference.GetMetadata() is not AssemblyMetadata metadata
            || MetadataTokens.EntityHandle(type.OriginalDefinition.MetadataToken) is not { Kind: HandleKind.TypeDefinition } handle)
        {
            return null;
        }

        // Nearly all assemblies have one module.
        int module = assembly.Modules.TakeWhile(m => !SymbolEqualityComparer.Default.Equals(m, type.ContainingModule)).Count();
        MetadataReader reader = metadata.GetModules()[module].GetMetadataReader();
        TypeDefinition definition = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
        ILookup<string, string> attributes = definition.GetProperties()
            .Select(reader.GetPropertyDefinition)
            .SelectMany(p => AttributesOf(reader, p.GetCustomAttributes()).Select(a => (Property: reader.GetString(p.Name), Attribute: a)))
            .ToLookup(p => p.Property, p => p.Attribute);

        // The field of an event has its name.
        HashSet<string> events = [.. definition.GetEvents().Select(e => reader.GetString(reader.GetEventDefinition(e).Name))];
        return
        [
            .. definition.GetFields()
                .Select(reader.GetFieldDefinition)
                .Where(f => (f.Attributes & (FieldAttributes.Static | FieldAttributes.NotSerialized)) == 0 && !IsLock(reader, f))
                .Select(f => (Name: reader.GetString(f.Name), Field: f))
                .Where(f => !events.Contains(f.Name) && !f.Name.StartsWith(InitializationCheck, StringComparison.Ordinal))
                .Select(f => CreateField(f.Name, f.Field, AttributesOf(reader, f.Field.GetCustomAttributes()), attributes)),
        ];
    }

    private static MetadataField CreateField(
        string name, FieldDefinition field, IEnumerable<string> attributes, ILookup<string, string> propertyAttributes)
    {
        string? generatedFor = FindOwner(name);
        return new MetadataField(
            generatedFor ?? name,
            generatedFor is not null,
            (field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Private,
            [.. attributes, .. generatedFor is null ? [] : propertyAttributes[generatedFor]]);
    }

    /// <summary>Returns the property or parameter for which the compiler generated the field; null if it did not.</summary>
    public static string? FindOwner(string field)
    {
        if (field.EndsWith("@", StringComparison.Ordinal))
        {
            // The compiler of F# names the field of an automatic property so.
            return field.TrimEnd('@');
        }

        string? suffix = GeneratedSuffixes.FirstOrDefault(s => field.EndsWith(s, StringComparison.Ordinal));
        return suffix is null ? null : field.Substring(1, field.Length - suffix.Length - 1);
    }

    /// <summary>The full names of the attributes without named arguments, which may limit what an attribute says.</summary>
    public static IEnumerable<string> AttributesOf(MetadataReader reader, CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttribute attribute in attributes.Select(reader.GetCustomAttribute))
        {
            EntityHandle type = attribute.Constructor.Kind == HandleKind.MemberReference
                ? reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent
                : reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType();
            if (NameOf(reader, type) is { } name && (name != AttributeNames.JsonIgnore || !HasNamedArguments(reader, attribute)))
            {
                yield return name;
            }
        }
    }

    /// <summary>Whether an attribute whose constructor has no parameters has named arguments (ECMA-335, section II.23.3).</summary>
    private static bool HasNamedArguments(MetadataReader reader, CustomAttribute attribute)
    {
        BlobReader blob = reader.GetBlobReader(attribute.Value);
        return blob.Length >= 4 && blob.ReadUInt16() == 1 && blob.ReadUInt16() > 0;
    }

    /// <summary>Whether the type of the field is System.Threading.Lock (ECMA-335, section II.23.2.4).</summary>
    private static bool IsLock(MetadataReader reader, FieldDefinition field)
    {
        BlobReader signature = reader.GetBlobReader(field.Signature);
        return signature.ReadSignatureHeader().Kind == SignatureKind.Field
            && signature.ReadSignatureTypeCode() == SignatureTypeCode.TypeHandle
            && NameOf(reader, signature.ReadTypeHandle()) == StateParser.Lock;
    }

    private static string? NameOf(MetadataReader reader, EntityHandle type) => type.Kind switch
    {
        HandleKind.TypeReference when reader.GetTypeReference((TypeReferenceHandle)type) is var reference =>
            $"{reader.GetString(reference.Namespace)}.{reader.GetString(reference.Name)}",
        HandleKind.TypeDefinition when reader.GetTypeDefinition((TypeDefinitionHandle)type) is var definition =>
            $"{reader.GetString(definition.Namespace)}.{reader.GetString(definition.Name)}",
        _ => null,
    };
}

/// <summary>A field in another assembly.</summary>
/// <param name="Name">Its name; that of the property or parameter for which the compiler generated it.</param>
/// <param name="IsGenerated">Whether the compiler generated it for a property or a parameter.</param>
/// <param name="IsPrivate">Whether only its own type can use it.</param>
/// <param name="Attributes">The full names of its attributes, and of those of its property.</param>
internal sealed record MetadataField(string Name, bool IsGenerated, bool IsPrivate, IReadOnlyList<string> Attributes);
