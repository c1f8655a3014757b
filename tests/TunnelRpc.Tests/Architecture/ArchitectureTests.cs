using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Architecture;

/// <summary>Who may use whom.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>
    /// Each project and the projects that it may reference; the generators reference none that ships with the application.
    /// </summary>
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["TunnelRpc.Abstractions"] = ["TunnelRpc.Generators", "TunnelRpc.Generators.CodeFixes"],
        ["TunnelRpc"] = ["TunnelRpc.Abstractions"],
        ["TunnelRpc.Transports"] = ["TunnelRpc"],
        ["TunnelRpc.Client"] = ["TunnelRpc", "TunnelRpc.Transports"],
        ["TunnelRpc.AspNetCore"] = ["TunnelRpc", "TunnelRpc.Transports"],
        ["TunnelRpc.Testing"] = ["TunnelRpc", "TunnelRpc.Client", "TunnelRpc.Transports"],
        ["TunnelRpc.Cli"] = ["TunnelRpc", "TunnelRpc.AspNetCore", "TunnelRpc.Client", "TunnelRpc.Transports"],
        ["TunnelRpc.Generators"] = [],
        ["TunnelRpc.Generators.CodeFixes"] = ["TunnelRpc.Generators"],
    };

    /// <summary>From the caller to the network: each layer may use those behind it, and the two that all may use.</summary>
    private static readonly string[] Layers = ["Hosting", "Diagnostics", "Filters", "Calls", "Ordering", "Multiplexing", "Sessions", "Security", "Transports", "Accounting", "Scheduling"];

    private static readonly string[] UsableByAll = ["Contracts", "Serialization", "References"];

    private static readonly Assembly[] Libraries =
    [
        typeof(TunnelException).Assembly,
        typeof(TunnelServer).Assembly,
        typeof(HttpTransports).Assembly,
        typeof(TunnelClient).Assembly,
        typeof(TunnelEndpointRouteBuilderExtensions).Assembly,
        typeof(TunnelTestHost).Assembly,
    ];

    /// <summary>The assemblies that consist of the layers: TunnelRpc.Abstractions and TunnelRpc.</summary>
    private static readonly Assembly[] Runtime = [typeof(TunnelException).Assembly, typeof(TunnelServer).Assembly];

    /// <summary>
    /// The folder of each source file of <see cref="Runtime"/>, by the name of the file, which is the name of its type. The folder is the
    /// layer, also of the public types in the namespace TunnelRpc.
    /// </summary>
    private static readonly Dictionary<string, string> FolderOfType = Runtime
        .Select(assembly => Path.Combine(Repository.Root, "src", "Framework", assembly.GetName().Name!))
        .SelectMany(project => Repository.Sources(".cs").Where(file => file.StartsWith(project + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Select(file => (Type: Path.GetFileNameWithoutExtension(file), Folder: Path.GetRelativePath(project, file).Split(Path.DirectorySeparatorChar)[0])))
        .DistinctBy(file => file.Type)
        .ToDictionary(file => file.Type, file => file.Folder);

    [Fact]
    public void Projects_reference_one_another_one_way()
    {
        string[] wrong =
        [
            .. from project in Repository.Sources(".csproj")
               let name = Path.GetFileNameWithoutExtension(project)
               from reference in XDocument.Load(project).Descendants("ProjectReference")
               where (string?)reference.Attribute("ReferenceOutputAssembly") != "false"
               let target = Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'))
               where !MayReference.GetValueOrDefault(name, []).Contains(target)
               select $"{name} references {target}",
        ];

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_has_its_rule()
    {
        IEnumerable<string> projects = Repository.Sources(".csproj").Select(p => Path.GetFileNameWithoutExtension(p)!);

        projects.ShouldBe(MayReference.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Layers_of_the_runtime_use_one_another_one_way()
    {
        string[] wrong =
        [
            .. from type in Runtime.SelectMany(assembly => assembly.GetTypes())
               let layer = LayerOf(type)
               where layer is not null
               from used in TypeUse.Of(type)
               where Runtime.Contains(used.Assembly)
               let usedLayer = LayerOf(used)
               where usedLayer is not null && !MayUse(layer, usedLayer)
               select $"{layer} → {usedLayer}: {type.FullName} uses {used.FullName}",
        ];

        wrong.Distinct().Order(StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void Uses_in_bodies_signatures_and_fields_are_found()
    {
        // What the test above finds nothing with would prove nothing.
        TypeUse.Of(typeof(Demultiplexer)).ShouldContain(typeof(StatusByte));
        TypeUse.Of(typeof(IStreamAcceptor)).ShouldContain(typeof(FrameFlags));
        TypeUse.Of(typeof(TunnelSession)).ShouldContain(typeof(SendBuffer));
        TypeUse.Of(typeof(TunnelServer)).ShouldContain(typeof(TunnelSession));
    }

    [Fact]
    public void Every_type_of_the_runtime_is_in_a_layer()
    {
        Type[] types = [.. Runtime.SelectMany(assembly => assembly.GetTypes()).Where(type => type.Namespace is not null)];

        types.Where(type => LayerOf(type) is null).Select(type => type.FullName).ShouldBeEmpty();
        LayerOf(typeof(TunnelServer)).ShouldBe("Hosting", "The folder is the layer of a type in the namespace TunnelRpc.");
        LayerOf(typeof(TunnelServerTlsOptions)).ShouldBe("Security");
        LayerOf(typeof(TunnelOptions)).ShouldBe("Contracts");
    }

    [Fact]
    public void Nothing_waits_for_a_task_by_blocking()
    {
        string[] wrong =
        [
            .. from assembly in Libraries
               from member in MemberUse.Of(assembly)
               where member is "System.Threading.Tasks.Task`1.get_Result" or "System.Threading.Tasks.ValueTask`1.get_Result"
                   || member.StartsWith("System.Threading.Tasks.Task.Wait", StringComparison.Ordinal) && !member.EndsWith("Async", StringComparison.Ordinal)
               select $"{assembly.GetName().Name} uses {member}",
        ];

        wrong.ShouldBeEmpty();
        MemberUse.Of(typeof(TunnelServer).Assembly).ShouldContain("System.Threading.Tasks.Task.WaitAsync");
    }

    [Fact]
    public void Every_library_is_built_to_be_trimmed_and_compiled_ahead_of_time()
    {
        // The generators run in the compiler only, and the tool is no library.
        string[] shipped = [.. MayReference.Keys.Where(name => name != "TunnelRpc.Cli" && !name.StartsWith("TunnelRpc.Generators", StringComparison.Ordinal))];

        string[] compatible =
        [
            .. from assembly in Libraries
               let metadata = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToLookup(a => a.Key, a => a.Value)
               where metadata["IsTrimmable"].Contains("True") && metadata["IsAotCompatible"].Contains("True")
               select assembly.GetName().Name,
        ];

        compatible.ShouldBe(shipped, ignoreOrder: true);
    }

    [Fact]
    public void No_trimming_or_ahead_of_time_warning_is_silenced()
    {
        string[] silenced =
        [
            .. from file in Repository.Sources(".cs").Concat(Repository.Sources(".csproj")).Concat(Repository.Sources(".props"))
               where SilencedWarning().IsMatch(File.ReadAllText(file))
               select Path.GetRelativePath(Repository.Root, file),
        ];

        silenced.ShouldBeEmpty();
        SilencedWarning().IsMatch("""[UnconditionalSuppressMessage("Trimming", "IL2026")]""").ShouldBeTrue();
        SilencedWarning().IsMatch("#pragma warning disable IL3050").ShouldBeTrue();
        SilencedWarning().IsMatch("<NoWarn>$(NoWarn);IL2026</NoWarn>").ShouldBeTrue();
    }

    [Fact]
    public void Lock_files_pin_every_package_and_name_no_host()
    {
        string[] locks =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "package-lock.json", SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules")),
        ];

        locks.ShouldNotBeEmpty();
        foreach (string file in locks)
        {
            using JsonDocument content = JsonDocument.Parse(File.ReadAllText(file));
            JsonProperty[] packages = [.. content.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0)];
            packages.ShouldNotBeEmpty(file);
            packages.Where(p => !p.Value.TryGetProperty("integrity", out _)).Select(p => p.Name).ShouldBeEmpty(file);
            packages.Where(p => p.Value.TryGetProperty("resolved", out _)).Select(p => p.Name).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Folders_are_namespaces()
    {
        string[] wrong =
        [
            .. from file in Repository.Sources(".cs")
               let expected = ExpectedNamespace(file)
               let got = NamespaceLine().Match(File.ReadAllText(file)).Groups[1].Value
               where got != expected && !IsException(file, got)
               select $"{Path.GetRelativePath(Repository.Root, file)}: expected {expected}, got {got}",
        ];

        wrong.ShouldBeEmpty();
    }

    private static bool IsException(string file, string got) =>
        // Public types that an application names are in the namespace of their project, whatever their layer.
        (got == ProjectNamespace(file) && PublicTypeLine().IsMatch(File.ReadAllText(file)))
        || (file.EndsWith("Extensions.cs", StringComparison.Ordinal) && got.StartsWith("Microsoft.", StringComparison.Ordinal))
        || (Path.GetFileName(file) == "IsExternalInit.cs" && got == "System.Runtime.CompilerServices");

    private static string ExpectedNamespace(string file)
    {
        // src/<group>/<project>/<folders>/<file>
        string[] parts = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar);
        IEnumerable<string> folders = parts[3..^1].Where(folder => folder is not ("Contracts" or "Options"));
        return string.Join('.', [ProjectNamespace(file), .. folders]);
    }

    private static string ProjectNamespace(string file)
    {
        string project = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar)[2];
        return project == "TunnelRpc.Abstractions" ? "TunnelRpc" : project;
    }

    private static bool MayUse(string layer, string used) =>
        layer == used || UsableByAll.Contains(used) || (Array.IndexOf(Layers, layer) is >= 0 and int at && Array.IndexOf(Layers, used) > at);

    private static string? LayerOf(Type type)
    {
        while (type.DeclaringType is not null)
        {
            type = type.DeclaringType;
        }

        return type.Namespace switch
        {
            null => null,
            "TunnelRpc" => FolderOfType.GetValueOrDefault(type.Name.Split('`')[0]) is { } folder && Layers.Contains(folder) ? folder : "Contracts",
            _ => LayerOf(type.Namespace),
        };
    }

    private static string? LayerOf(string ns) => ns switch
    {
        // The generator's code for the contracts of Diagnostics.
        "TunnelRpc.Generated" => "Diagnostics",
        _ when ns.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) => "Hosting",
        _ => Layers.Concat(UsableByAll).FirstOrDefault(layer => (ns + ".").StartsWith($"TunnelRpc.{layer}.", StringComparison.Ordinal)),
    };

    [GeneratedRegex(@"UnconditionalSuppressMessage|\bIL[23]\d{3}\b|SuppressTrimAnalysisWarnings|SuppressAotAnalysisWarnings|ILLinkTreatWarningsAsErrors")]
    private static partial Regex SilencedWarning();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^public ", RegexOptions.Multiline)]
    private static partial Regex PublicTypeLine();
}
