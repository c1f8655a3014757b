using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Generators.Tests.Corpus;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests types with the metadata that the F# compiler creates: internal fields <c>Name@</c> of the properties of records and of automatic
/// properties, and a field <c>init@</c> of classes that refer to themselves.
/// </summary>
public sealed class FSharpTypeTests
{
    private const string Contract = """
        [TunnelRpc.TunnelService]
        public partial interface IKeeper { System.Threading.Tasks.Task<Acme.Kept> GetAsync(); }
        """;

    [Fact]
    public async Task Record_loses_no_value()
    {
        byte[] library = Emit(("Name", typeof(string), IsMutable: false), ("Age", typeof(int), IsMutable: true));
        Compilation compilation = Compilations.Create(Contract).AddReferences(MetadataReference.CreateFromImage(library));

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        using var assembly = new CorpusAssembly("FSharp", Compilations.EmitImage(output), library);
        (_, Type type, object formatter) = assembly.Methods.ShouldHaveSingleItem();
        object value = Activator.CreateInstance(type, "Ada", 36)!;
        new DeepComparison(assembly.Contains).Compare(value, CorpusAssembly.Through(type, formatter, value), "value").ShouldBeEmpty();
        type.GetProperty("Name")!.GetValue(CorpusAssembly.Through(type, formatter, value)).ShouldBe("Ada");
    }

    [Fact]
    public async Task Field_without_a_property_is_an_error()
    {
        byte[] library = Emit(("Name", typeof(string), IsMutable: false), ("count", typeof(int), IsMutable: null));
        Compilation compilation = Compilations.Create(Contract).AddReferences(MetadataReference.CreateFromImage(library));

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe("TRPC0212");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain("has state that is not serialized: count");
    }

    /// <summary>
    /// Creates an assembly with the class Acme.Kept. A member that is mutable or not is a property with a constructor parameter; another
    /// one is a field.
    /// </summary>
    private static byte[] Emit(params (string Name, Type Type, bool? IsMutable)[] members)
    {
        const MethodAttributes Accessor = MethodAttributes.Public | MethodAttributes.SpecialName | MethodAttributes.HideBySig;
        var builder = new PersistedAssemblyBuilder(new AssemblyName("FSharpTypes"), typeof(object).Assembly);
        TypeBuilder type = builder.DefineDynamicModule("FSharpTypes")
            .DefineType("Acme.Kept", TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.Class);
        type.DefineField("init@4", typeof(int), FieldAttributes.Assembly);
        (string Name, Type Type, bool? IsMutable)[] properties = [.. members.Where(m => m.IsMutable is not null)];
        ConstructorBuilder constructor = type.DefineConstructor(
            MethodAttributes.Public, CallingConventions.Standard, [.. properties.Select(p => p.Type)]);
        ILGenerator code = constructor.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Call, typeof(object).GetConstructor([])!);
        foreach ((string name, Type memberType, bool? isMutable) in members)
        {
            if (isMutable is null)
            {
                type.DefineField(name, memberType, FieldAttributes.Assembly);
                continue;
            }

            FieldBuilder field = type.DefineField(name + "@", memberType, FieldAttributes.Assembly);
            int index = Array.FindIndex(properties, p => p.Name == name) + 1;
            constructor.DefineParameter(index, ParameterAttributes.None, char.ToLowerInvariant(name[0]) + name[1..]);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg, (short)index);
            code.Emit(OpCodes.Stfld, field);
            PropertyBuilder property = type.DefineProperty(name, PropertyAttributes.None, memberType, null);
            MethodBuilder getter = type.DefineMethod("get_" + name, Accessor, memberType, []);
            ILGenerator get = getter.GetILGenerator();
            get.Emit(OpCodes.Ldarg_0);
            get.Emit(OpCodes.Ldfld, field);
            get.Emit(OpCodes.Ret);
            property.SetGetMethod(getter);
            if (isMutable == true)
            {
                MethodBuilder setter = type.DefineMethod("set_" + name, Accessor, null, [memberType]);
                ILGenerator set = setter.GetILGenerator();
                set.Emit(OpCodes.Ldarg_0);
                set.Emit(OpCodes.Ldarg_1);
                set.Emit(OpCodes.Stfld, field);
                set.Emit(OpCodes.Ret);
                property.SetSetMethod(setter);
            }
        }

        code.Emit(OpCodes.Ret);
        type.CreateType();
        using var image = new MemoryStream();
        builder.Save(image);
        return image.ToArray();
    }
}
