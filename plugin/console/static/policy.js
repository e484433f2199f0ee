/* The slider and the number beside it say the same; without script only the number counts. */
(function () {
  "use strict";
  function join(slider) {
    var number = document.getElementsByName(slider.getAttribute("data-for"))[0];
    slider.oninput = function () { number.value = slider.value; };
    number.oninput = function () { slider.value = number.value; };
  }
  var sliders = document.querySelectorAll("input[type=range][data-for]");
  for (var i = 0; i < sliders.length; i += 1) { join(sliders[i]); }
}());
